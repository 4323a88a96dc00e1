"""`Talk`: a made-up conversation while it is written, and what every kind shares."""

import random
import time
from collections import Counter
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import msgspec

from scripts.synthetic.texts import LEADS, NAMES, PRODUCTS, TAILS, TEXTS

# Planted.
REPLY_RATES = {  # after a bot reply
    "normal": {"fallback": 0.05, "error": 0.015},
    "incident": {"fallback": 0.35, "error": 0.15},
}
INCIDENT_SENTIMENT = -0.5
LABELLED, INTENT_CORRECT, APPROPRIATE = 0.15, 0.88, 0.93
DUPLICATED, SHUFFLED, UNKNOWN = 0.02, 0.03, 0.08  # of the conversations with events
DIRTY = {  # of the conversations it can befall
    "future_timestamp": 0.008,
    "csat_7": 0.012,
    "negative_resolution_time": 0.012,
}
TRACED = 0.02  # of the conversations: events have a field nobody declared: trace_id

DAY = 86_400
FUTURE = "2099-01-01T00:00:00Z"
CUSTOMER = {
    "industry": ("software", "retail", "finance", "healthcare", "manufacturing"),
    "company_size": ("1-10", "11-50", "11-50", "51-200", "51-200", "201-1000", "1000+"),
    "role": ("founder", "manager", "manager", "director", "vp", "engineer"),
    "geography": ("US", "US", "US", "GB", "CA", "AU", "DE", "DE", "FR", "ES", "JP"),
    "customer_tier": ("free", "free", "free", "pro", "pro", "enterprise"),
}
LANGUAGES = {"DE": "de", "FR": "fr", "ES": "es", "JP": "ja"}
CHANNELS = ("sms", "email", "email", "chat", "chat", "chat", "whatsapp", "voice")
INTENTS = ("pricing", "demo", "features", "integration", "timing", "not_interested")
HELP_INTENTS = ("refund", "shipping", "login", "billing", "cancellation")
SCORES = {"good": (5, 5, 5, 5, 4, 4, 4, 3), "bad": (1, 1, 2, 2, 3, 3, 4, 5)}
REASONS = ("asked_for_human", "low_confidence", "policy", "angry")
TRIGGERS = ("low_confidence", "unknown_intent", "empty_result")
ERRORS = ("timeout", "api_error", "rate_limited")
NOISE = ("typing_indicator", "link_clicked")
GAPS = {"prospect": (15, 400), "bot": (1, 12), "agent": (20, 150)}  # seconds
STAGE_EVENTS = {
    "conversation_started": "started",
    "message_received": "responded",
    "qualified": "qualified",
    "meeting_booked": "booked",
    "meeting_attended": "attended",
    "opportunity_created": "opportunity",
    "deal_closed": "converted",
}
DECORATED = {*INTENTS, *HELP_INTENTS, "more"}
ENCODE = msgspec.json.Encoder().encode


class Dice:
    """Draws made of `random()` alone: the one sequence every Python keeps."""

    def __init__(self, seed):
        self.roll = random.Random(seed).random

    def chance(self, share):
        return self.roll() < share

    def pick(self, items):
        return items[int(self.roll() * len(items))]

    def whole(self, low, high):
        return low + int(self.roll() * (high - low + 1))

    def share(self, shares):
        """A name of ((name, share), ...), or None for what is left of 1."""
        at = self.roll()
        for name, share in shares:
            at -= share
            if at < 0:
                return name
        return None


@dataclass
class Run:
    """What the conversations of one day share."""

    options: Any
    sinks: dict
    counts: Counter
    dice: Dice
    weather: str  # normal or incident


def stamp(at):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))


def find_customer(seed, number):
    """The traits of a customer follow from the number, so none is remembered."""
    bits = int.from_bytes(blake2b(b"%d/%d" % (seed, number), digest_size=8).digest())
    traits = {"customer_id": f"cust-{number:06d}"}
    for trait, values in CUSTOMER.items():
        bits, at = divmod(bits, len(values))
        traits[trait] = values[at]
    traits["language"] = LANGUAGES.get(traits["geography"], "en")
    return traits


class Talk:
    """One conversation while it is written: a clock, a mood, and its event lines."""

    def __init__(self, run, number, at):
        self.run, self.dice, self.counts = run, run.dice, run.counts
        self.id, self.at, self.started = f"c{number:08d}", at, at
        pool = max(20, run.options.conversations * 3 // 5)
        luck = self.dice.roll()  # squared: some customers come back often
        self.customer = find_customer(run.options.seed, int(pool * luck * luck))
        self.lines, self.stages, self.messages = [], set(), 0
        self.said = {}
        self.groups = [("all", "all")]
        self.mood, self.progress = (0.1, 0.1), 0.0
        self.seen, self.is_silent = 0, False
        self.has_event_ids = self.dice.chance(0.95)
        self.has_customer = self.dice.chance(0.5)
        self.is_traced = self.dice.chance(TRACED) and not run.options.clean
        self.is_dirty = {
            kind: self.dice.chance(share) and not run.options.clean
            for kind, share in DIRTY.items()
        }
        self.slots = {
            "n": self.dice.whole(2, 99),
            "name": self.dice.pick(NAMES),
            "product": self.dice.pick(PRODUCTS),
            "day": f"{self.dice.whole(10, 28)}.{self.dice.whole(10, 12)}",
        }

    def event(self, event_type, properties, **fields):
        """Write an event at the clock's time; False when that is after the end."""
        if self.is_silent or self.at >= self.run.options.horizon:
            return False
        self.seen += 1
        record = {"event_type": event_type, "conversation_id": self.id}
        record["timestamp"] = stamp(self.at)
        if self.has_event_ids:
            record["event_id"] = f"{self.id}-e{self.seen}"
        if self.has_customer:
            record["customer_id"] = self.customer["customer_id"]
        record.update(fields)
        record["properties"] = properties
        if self.is_traced:
            record["trace_id"] = self.id
            self.counts["lines/extra_field"] += 1
        self.lines.append(ENCODE(record))
        self.counts[f"event_types/{event_type}"] += 1
        if event_type in STAGE_EVENTS:
            self.stages.add(STAGE_EVENTS[event_type])
        return True

    def start(self, channel, **properties):
        traits = {**properties, **self.customer}
        self.event("conversation_started", traits, channel=channel)

    def say(self, topic):
        """A line on the topic in the customer's language."""
        language = self.customer["language"]
        lines = TEXTS[language][topic]
        turn = self.said.setdefault(topic, self.dice.whole(0, len(lines) - 1))
        self.said[topic] += 1  # in turn, so that nobody says the same twice in a row
        line = lines[turn % len(lines)]
        if language == "en" and topic in DECORATED:
            line = f"{self.dice.pick(LEADS)}{line}{self.dice.pick(TAILS)}"
        text = line.format_map(self.slots)
        return text[0].upper() + text[1:]

    def ask(self, intent):
        """The customer brings something up once, and then goes on about it."""
        return self.say("more" if intent in self.said else intent)

    def feel(self):
        """Sentiment in hundredths, on the way from the first mood to the last."""
        start, end = self.mood
        value = start + (end - start) * self.progress + (self.dice.roll() - 0.5) * 0.3
        if self.run.weather == "incident":
            value += INCIDENT_SENTIMENT
        return round(max(-1.0, min(1.0, value)) * 100)

    def message(self, sender, text, intent=None, sentiment=None):
        """Wait as the sender does, then write the message."""
        dice, is_inbound = self.dice, sender == "prospect"
        gap = dice.whole(*GAPS[sender])
        self.at += gap
        properties = {"sender": sender, "content": text}
        label = "intent_correct" if is_inbound else "response_appropriate"
        if is_inbound:
            properties["intent"] = intent
            properties["intent_confidence"] = dice.whole(35, 99) / 100
        elif dice.chance(0.7):
            properties["response_time"] = gap
        if sentiment is None and dice.chance(0.95 if is_inbound else 0.2):
            sentiment = self.feel()
        if sentiment is not None:
            properties["sentiment"] = sentiment / 100
        if sender != "agent" and dice.chance(LABELLED):
            share = INTENT_CORRECT if is_inbound else APPROPRIATE
            properties[label] = dice.chance(share)
        kind = "message_received" if is_inbound else "message_sent"
        self.messages += 1
        fields = {"message_id": f"{self.id}-m{self.messages}"}
        if self.is_dirty["future_timestamp"] and not is_inbound and self.messages > 1:
            fields["timestamp"] = FUTURE
        if self.event(kind, properties, **fields):
            self.count_message(sender, sentiment, properties.get(label), label)
            if "timestamp" in fields:
                self.is_dirty["future_timestamp"] = False
                self.counts["lines/dirty/future_timestamp"] += 1

    def count_message(self, sender, sentiment, is_right, label):
        self.counts[f"messages/{sender}"] += 1
        if sentiment is not None:
            self.counts["sentiment/sum_hundredths"] += sentiment
            self.counts["sentiment/count"] += 1
            self.counts[f"sentiment/{self.run.weather}/sum_hundredths"] += sentiment
            self.counts[f"sentiment/{self.run.weather}/count"] += 1
        if is_right is not None:
            self.counts[f"labels/{label}/count"] += 1
            self.counts[f"labels/{label}/true"] += is_right

    def bot_reply(self, topic):
        """A reply to the customer that may fall back, or run into an error."""
        rates, dice = REPLY_RATES[self.run.weather], self.dice
        is_lost, is_broken = dice.chance(rates["fallback"]), dice.chance(rates["error"])
        self.message("bot", self.say("fallback" if is_lost else topic))
        happened = {"replies": self.at < self.run.options.horizon}
        if is_lost:
            happened["fallback"] = self.event(
                "fallback", {"trigger": dice.pick(TRIGGERS)}
            )
        if is_broken:
            happened["error"] = self.event(
                "error", {"error_type": self.dice.pick(ERRORS)}
            )
        for name, did in happened.items():
            self.counts[f"bot_replies/{self.run.weather}/{name}"] += did

    def noise(self):
        """An event type that no list of events knows."""
        kind = self.dice.pick(NOISE)
        if not self.run.options.clean and self.event(kind, {}):
            self.counts["lines/unknown_event_types"] += 1

    def exchange(self, turns, intents, topic, replier="bot", opening=None):
        """Customer asks, `opening` first, and is answered; yields after each turn."""
        for turn in range(turns):
            self.progress = turn / turns
            is_opening = opening is not None and turn == 0
            intent = opening if is_opening else self.dice.pick(intents)
            self.message("prospect", self.ask(intent), intent)
            if turn == 0 and self.dice.chance(UNKNOWN):
                self.noise()
            if replier == "bot":
                self.bot_reply(topic)
            else:
                self.message(replier, self.say(topic))
            yield turn
        self.progress = 1.0

    def hand_over(self, intents, topic):
        """Escalate; mostly a person takes over and answers."""
        self.at += 20
        self.event("escalated", {"escalation_reason": self.dice.pick(REASONS)})
        if self.dice.chance(0.8):
            self.at += self.dice.whole(60, 600)
            agent = f"agent-{self.dice.whole(1, 24):02d}"
            self.event("human_takeover", {"agent_id": agent})
            for _ in self.exchange(self.dice.whole(1, 2), intents, topic, "agent"):
                pass

    def turns(self, low, high):
        return max(1, round(self.dice.whole(low, high) * self.run.options.length))

    def point(self, name, value, **dimension):
        """Write a support metric point at the clock's time."""
        if self.is_silent or self.at >= self.run.options.horizon:
            return False
        record = {"metric_name": name, "value": value, "timestamp": stamp(self.at)}
        record["conversation_id"] = self.id
        record["customer_id"] = self.customer["customer_id"]
        record["dimension"] = dimension
        self.run.sinks["support_metrics"].write([ENCODE(record)])
        self.counts[f"metric_points/{name}"] += 1
        return True

    def end(self, closed_by, outcome):
        self.at += 1800 if closed_by == "timeout" else 30
        if self.event(
            "conversation_ended", {"outcome": outcome, "closed_by": closed_by}
        ):
            self.counts[f"outcomes/{outcome}"] += 1

    def close(self, kind):
        """Count the funnel, then write the lines, a few of them untidily."""
        for dimension, segment in [*self.groups, ("kind", kind)]:
            for stage in self.stages:
                self.counts[f"funnel/{dimension}/{segment}/{stage}"] += 1
        dice, lines = self.dice, self.lines
        is_repeated, is_shuffled = dice.chance(DUPLICATED), dice.chance(SHUFFLED)
        if not lines:
            return
        self.counts["in_feeds/events"] += 1
        if is_shuffled and len(lines) > 2:
            lines[1], lines[-1] = lines[-1], lines[1]
            self.counts["lines/out_of_order"] += 1
        if is_repeated:
            lines.append(dice.pick(lines))
            self.counts["lines/duplicates"] += 1
        self.run.sinks["events"].write(lines)


def count_score(counts, source, score):
    counts[f"csat/{source}_sum"] += score
    counts[f"csat/{source}_count"] += 1
    counts[f"csat/{source}_detractors"] += score <= 2
