"""Agent Assist conversations, as the insights export to BigQuery gives them.

A person answers, with suggestions beside every customer sentence. JSON columns are
strings holding JSON, INT64 are strings, what is NULL is left out.
"""

import time

from scripts.synthetic.support import SUPPORT_RESOLVED, write_points
from scripts.synthetic.talk import DAY, ENCODE, HELP_INTENTS
from scripts.synthetic.texts import ARTICLES

# Planted.
SHARED = 1 / 3  # are in the two other feeds too
SUGGESTED = {  # of the customer sentences
    "SMART_REPLY": 0.55,
    "ARTICLE_SUGGESTION": 0.20,
    "FAQ": 0.15,
    "GENERATOR_SUGGESTION_RESULT": 0.05,  # free text here; summaries come last
}
REPLY_USED = (("verbatim", 0.35), ("edited", 0.25))  # of the sentences with replies
CLICKED, DISPLAYED = 0.25, 0.90
SUMMARIES = (("legacy", 0.45), ("generator", 0.35))
FEEDBACK = (("edited", 0.40), ("verbatim", 0.30))
REEXPORTED = 0.20  # of those that have feedback

PROJECT = "projects/123456/locations/us-central1"
LEGACY, GENERATOR = (
    "CONVERSATION_SUMMARIZATION_SUGGESTION",
    "GENERATOR_SUGGESTION_RESULT",
)
LOCALES = {"en": "en-US", "de": "de-DE", "es": "es-ES", "fr": "fr-FR", "ja": "ja-JP"}
CORRECTNESS = ("NOT_CORRECT", "PARTIALLY_CORRECT", "FULLY_CORRECT")
ROLES = {"prospect": "END_USER", "agent": "HUMAN_AGENT", "bot": "AUTOMATED_AGENT"}


def write_assist(talk):
    """Speak, export, and mostly once: some are exported again with feedback."""
    dice = talk.dice
    talk.is_silent = not dice.chance(SHARED)
    is_resolved = dice.chance(SUPPORT_RESOLVED)
    talk.mood = (-0.2, 0.5 if is_resolved else -0.4)
    intent = dice.pick(HELP_INTENTS)
    speech = Speech(talk)
    talk.start(speech.channel, source="help_center", direction="inbound")
    if dice.chance(0.3):
        speech.add("bot", talk.say("help"))
    if not talk.is_silent:
        talk.event("human_takeover", {"agent_id": speech.agent})
    turns = talk.turns(2, 7)
    for turn in range(turns):
        talk.progress = turn / turns
        used = speech.ask(talk.ask(intent), intent)
        speech.answer(used)
    if dice.chance(0.6):
        talk.progress = 1.0
        speech.ask(talk.say("thanks") if is_resolved else talk.ask(intent), intent)
    speech.count_replies()
    summary = summarise(speech, intent)
    speech.count_triggers()
    if is_resolved:
        talk.at += 10
        talk.event("conversation_resolved", {"resolved_by": "human"})
    write_points(talk, intent, is_escalated=False, is_resolved=is_resolved)
    talk.end(
        "human" if is_resolved else "timeout", "resolved" if is_resolved else "dropped"
    )
    export(speech, intent, summary)


class Speech:
    """The sentences of a conversation with what was suggested beside them."""

    def __init__(self, talk):
        self.talk, self.sentences = talk, []
        self.agent = f"agent-{talk.dice.whole(1, 24):02d}"
        self.channel = talk.dice.pick(("chat", "chat", "voice"))
        self.latest = {}  # the summary as the conversation's own column has it
        self.replies = []  # clicked: (position of the sentence, reply)

    def add(self, sender, text, intent=None):
        """One more sentence, which is a message where the events feed has it too."""
        talk, is_customer = self.talk, sender == "prospect"
        feeling = talk.feel() if is_customer else None
        talk.message(sender, text, intent, feeling)
        offset = str((talk.at - talk.started) * 10**9)
        sentence = {
            "sentence": text,
            "speakerTag": "1" if is_customer else "2",
            "languageCode": LOCALES[talk.customer["language"]],
            "startOffsetNanos": offset,
            "endOffsetNanos": offset,
            "createTimeNanos": str(talk.at * 10**9),
            "participantRole": ROLES[sender],
            "annotations": [],
            "intentMatchData": [],
            "phraseMatchData": [],
            "highlightData": [],
            "dialogflowIntentMatchData": [],
        }
        if is_customer:
            matched = {"intentName": f"{PROJECT}/intents/{intent}"}
            matched.update(displayName=intent, maxConfidence=0.8)
            sentence["dialogflowIntentMatchData"] = [matched]
            sentence["sentimentScore"] = feeling / 100
            sentence["sentimentMagnitude"] = abs(feeling) / 100
            sentence["obfuscatedExternalUserId"] = talk.customer["customer_id"]
            sentence["participantId"] = f"{talk.id}-customer"
        else:
            sentence["participantId"] = self.agent if sender == "agent" else "bot"
            sentence["isCoveredBySmartReplyAllowlist"] = sender == "agent"
        self.sentences.append(sentence)
        talk.counts[f"assist/sentences/{ROLES[sender]}"] += 1

    def annotate(self, kind, record, clicked=None, displayed=None):
        """Suggest something beside the last sentence."""
        talk, annotations = self.talk, self.sentences[-1]["annotations"]
        clicked = talk.dice.chance(CLICKED) if clicked is None else clicked
        if displayed is None:
            displayed = talk.dice.chance(0.98 if clicked else DISPLAYED)
        number = f"{len(self.sentences)}-{len(annotations)}"
        name = f"{PROJECT}/answerRecords/{talk.id}-{number}"
        annotation = {
            "annotationRecord": ENCODE({"answerRecord": name, **record}).decode(),
            "createTimeNanos": str((talk.at + 1 + len(annotations)) * 10**9),
            "type": kind,
            "clicked": clicked,
            "displayed": displayed,
        }
        if clicked and talk.dice.chance(0.2):
            annotation["correctnessLevel"] = talk.dice.pick(CORRECTNESS)
        annotations.append(annotation)
        talk.counts["assist/suggestions/all"] += 1
        talk.counts[f"assist/suggestions/{kind}/count"] += 1
        talk.counts[f"assist/suggestions/{kind}/clicked"] += clicked
        talk.counts[f"assist/suggestions/{kind}/displayed"] += displayed
        return annotation

    def ask(self, text, intent):
        """The customer's sentence and its suggestions; how a reply is to be used."""
        talk, dice = self.talk, self.talk.dice
        self.add("prospect", text, intent)
        used = None
        for kind, share in SUGGESTED.items():
            if not dice.chance(share):
                continue
            if kind == "SMART_REPLY":
                used = self.suggest_replies()
            elif kind == "ARTICLE_SUGGESTION":
                title, snippet = dice.pick(ARTICLES)
                record = {"title": title, "snippets": [snippet.format_map(talk.slots)]}
                record["uri"] = f"kb://{title.lower().replace(' ', '-')}"
                self.annotate(kind, {**record, "confidence": dice.whole(1, 100) / 100})
            elif kind == "FAQ":
                title, snippet = dice.pick(ARTICLES)
                record = {"question": title, "answer": snippet.format_map(talk.slots)}
                self.annotate(kind, {**record, "source": "handbook"})
            else:
                free = {"freeFormSuggestion": {"response": talk.say("help")}}
                self.annotate(kind, {"generatorSuggestion": free})
        return used

    def suggest_replies(self):
        """One to three replies; (first reply, verbatim | edited) when it gets used."""
        talk, dice = self.talk, self.talk.dice
        use, position = dice.share(REPLY_USED), len(self.sentences) - 1
        replies = [talk.say("help") for _ in range(dice.whole(1, 3))]
        for number, reply in enumerate(replies):
            clicked = number == 0 and use is not None
            record = {"reply": reply, "confidence": dice.whole(1, 100) / 100}
            self.annotate("SMART_REPLY", record, clicked)
            if clicked:
                self.replies.append((position, reply))
        return (replies[0], use) if use else None

    def answer(self, used):
        """The agent sends the reply, an edit of it, or something else."""
        talk, counts = self.talk, self.talk.counts
        reply, use = used or (talk.say("help"), None)
        self.add("agent", edit(talk, reply) if use == "edited" else reply)
        counts["assist/agent_messages"] += 1
        counts["assist/agent_messages_with_clicked_reply"] += use is not None

    def count_triggers(self):
        """Sentences, and conversations, with a type: there, displayed, clicked too."""
        counts, anywhere = self.talk.counts, set()
        for sentence in self.sentences:
            seen = set()
            for annotation in sentence["annotations"]:
                kind = annotation["type"]
                seen.add(("with", kind))
                if annotation["displayed"]:
                    seen.add(("displayed", kind))
                if annotation["displayed"] and annotation["clicked"]:
                    seen.add(("clicked", kind))
            for what, kind in seen:
                counts[f"assist/sentences_{what}/{kind}"] += 1
            anywhere |= {kind for _, kind in seen}
        for kind in anywhere:
            counts[f"assist/conversations_with/{kind}"] += 1

    def count_replies(self):
        """Clicked replies by what the agent's next message made of them."""
        for position, reply in self.replies:
            said = [
                after["sentence"]
                for after in self.sentences[position + 1 :]
                if after["participantRole"] == "HUMAN_AGENT"
            ][:1]
            use = "unused" if not said else "verbatim" if reply in said[0] else "edited"
            self.talk.counts[f"assist/clicked_replies/{use}"] += 1


def edit(talk, text):
    """The text as somebody would change it: never the same, never containing it."""
    words = text.split(" ")
    if len(words) > 4 and talk.dice.chance(0.4):
        del words[talk.dice.whole(1, len(words) - 2)]
        return " ".join(words)
    return text.rstrip(".!?。") + talk.say("edit")


def summarise(speech, intent):
    """The summary beside the last sentence: its annotation, or None."""
    talk, dice = speech.talk, speech.talk.dice
    kind = dice.share(SUMMARIES)
    if kind is None:
        return None
    talk.slots["intent"] = intent
    sections = {name: talk.say(name) for name in ("situation", "action")}
    text = " ".join(sections.values())
    if kind == "legacy":
        record = {"text": text, "textSections": sections}
        pairs = [{"key": name, "value": part} for name, part in sections.items()]
        latest = {"text": text, "textSections": pairs, "confidence": 0.8}
        speech.latest = {"latestSummary": {**latest, "metadata": []}}
    else:
        parts = [{"section": name, "summary": part} for name, part in sections.items()]
        record = {
            "generatorSuggestion": {"summarySuggestion": {"summarySections": parts}}
        }
    annotation = speech.annotate(
        LEGACY if kind == "legacy" else GENERATOR, record, dice.chance(0.5), True
    )
    use = dice.share(FEEDBACK)
    if use is not None:
        final = edit(talk, text) if use == "edited" else text
        feedback = {"summarizationFeedback": {"summaryText": final}}
        annotation["detailedFeedback"] = ENCODE(feedback).decode()
    talk.counts[f"assist/summaries/{kind}/{use or 'no_feedback'}"] += 1
    return annotation


def export(speech, intent, summary):
    """Write the record; with feedback it sometimes was exported before without."""
    talk, sinks = speech.talk, speech.talk.run.sinks
    record = describe(speech, intent)
    talk.counts["in_feeds/conversations"] += 1
    is_repeated = (
        talk.dice.chance(REEXPORTED) and talk.at + DAY < talk.run.options.horizon
    )
    if is_repeated and summary and "detailedFeedback" in summary:
        feedback = summary.pop("detailedFeedback")
        sinks["conversations"].write([ENCODE(record)])
        summary["detailedFeedback"] = feedback
        later = talk.at + talk.dice.whole(4 * 3600, 20 * 3600)
        record["conversationUpdateTimestampUtc"] = record["loadTimestampUtc"] = str(
            later
        )
        sinks["conversations-updated"].write([ENCODE(record)])
        talk.counts["lines/reexports"] += 1
    else:
        sinks["conversations"].write([ENCODE(record)])


def describe(speech, intent):
    """The conversation's own columns."""
    talk, sentences = speech.talk, speech.sentences
    day, language = time.gmtime(talk.started), talk.customer["language"]
    lines = [sentence["sentence"] for sentence in sentences]
    roles = [sentence["participantRole"] for sentence in sentences]
    scores = [s["sentimentScore"] for s in sentences if "sentimentScore" in s]
    mood = round(sum(scores) / len(scores), 2)
    share = round(100 * roles.count("HUMAN_AGENT") / len(roles), 1)
    agent = {"agentId": speech.agent, "agentDisplayName": speech.agent.title()}
    return {
        "conversationName": f"{PROJECT}/conversations/{talk.id}",
        "dialogflowConversationProfileId": "profile-1",
        "startTimestampUtc": str(talk.started),
        "startTimestamp": time.strftime("%Y-%m-%d %H:%M:%S UTC", day),
        "loadTimestampUtc": str(talk.at + 60),
        "analysisTimestampUtc": str(talk.at + 90),
        "conversationUpdateTimestampUtc": str(talk.at + 60),
        "year": str(day.tm_year),
        "month": str(day.tm_mon),
        "day": str(day.tm_mday),
        "durationNanos": str((talk.at - talk.started) * 10**9),
        "silenceNanos": "0",
        "silencePercentage": 0.0,
        "agentSpeakingPercentage": share,
        "clientSpeakingPercentage": round(100 - share, 1),
        "clientSentimentScore": mood,
        "clientSentimentMagnitude": abs(mood),
        "transcript": "\n".join(lines),
        "turnCount": str(len(sentences)),
        "languageCode": LOCALES[language],
        "medium": "PHONE_CALL" if speech.channel == "voice" else "CHAT",
        "issues": [
            {"name": intent, "score": 0.9, "issueModelId": "m1", "issueId": intent}
        ],
        "entities": [],
        "labels": [{"key": "tier", "value": talk.customer["customer_tier"]}],
        "words": [],
        "sentences": sentences,
        **speech.latest,
        "qaScorecardResults": score_quality(talk, mood),
        "agents": [{**agent, "agentTeam": "help", "agentType": "HUMAN_AGENT"}],
        "feedbackLabels": [],
    }


def score_quality(talk, mood):
    """A scorecard for some of the conversations."""
    if not talk.dice.chance(0.3):
        return []
    card = f"{PROJECT}/qaScorecards/care"
    score = 1.0 if mood > 0 else 0.5
    question = {"qaQuestion": f"{card}/questions/1", "questionBody": "Was it kind?"}
    answer = {"qaQuestion": question, "qaAnswerBoolValue": mood > 0, "score": score}
    result = {"qaScorecard": card, "score": score, "potentialScore": 1.0}
    return [{**result, "normalizedScore": score, "qaAnswers": [answer]}]
