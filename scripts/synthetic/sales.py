"""Sales conversations: a bot writes to a prospect, at best until a deal closes."""

from scripts.synthetic.talk import CHANNELS, DAY, INTENTS, SCORES, count_score, stamp

# Planted.
STAGES = [
    "started",
    "responded",
    "qualified",
    "booked",
    "attended",
    "opportunity",
    "converted",
]
RESPONDED = {"control": 0.58, "friendly": 0.68}
QUALIFIED = {"control": 0.34, "friendly": 0.42}
QUALIFIED_LIFT = {"healthcare": 0.25}
LATER_RATES = (0.60, 0.80, 0.65, 0.50)  # booked, attended, opportunity, converted
# Where the ways part: how many ask for a demo first, of those who answer and will book,
# and of those who will not. The stages are drawn before, so no rate of theirs changes.
DIVERGENCE = {"step": 2, "intent": "demo", "booked": 0.85, "not_booked": 0.3}
MATURE_DAYS = 30  # every stage is reached within this time, or never
SALES_ESCALATED = 0.06
SURVEYED = 0.30

SOURCES = ("website_form", "landing_page", "referral", "list", "event")
OBJECTIONS = ("price", "timing", "competitor", "trust", "features")
PATHS = ("bant", "bant", "self_serve", "referral")


def sales_depth(dice, variant, industry):
    """How many stages after the start a sales conversation is to reach."""
    qualified = QUALIFIED[variant] + QUALIFIED_LIFT.get(industry, 0)
    rates = (RESPONDED[variant], qualified, *LATER_RATES)
    return next(
        (i for i, rate in enumerate(rates) if not dice.chance(rate)), len(rates)
    )


def opening_intent(dice, depth):
    """What a prospect who answers asks first."""
    share = DIVERGENCE["booked" if depth > 2 else "not_booked"]
    others = [intent for intent in INTENTS if intent != DIVERGENCE["intent"]]
    rest = ((intent, (1 - share) / len(others)) for intent in others)
    return dice.share(((DIVERGENCE["intent"], share), *rest)) or others[-1]


def write_sales(talk):
    """A bot writes to a prospect, at best until a deal is closed."""
    dice, customer = talk.dice, talk.customer
    variant, greeting = dice.pick(tuple(RESPONDED)), dice.pick("ab")
    depth = sales_depth(dice, variant, customer["industry"])
    talk.groups += [("first_message", variant), ("greeting_aa", greeting)]
    talk.groups.append(("industry", customer["industry"]))
    if talk.started < talk.run.options.horizon - MATURE_DAYS * DAY:
        talk.groups.append(("sales_matured", "all"))
    talk.mood = (0.1, -0.35 + 0.15 * depth)
    talk.start(
        dice.pick(CHANNELS),
        source=dice.pick(SOURCES),
        direction=dice.pick(("inbound", "outbound")),
        acquisition=dice.pick(("paid", "organic")),
        first_message_variant=variant,
    )
    for experiment, arm in (("first_message", variant), ("greeting_aa", greeting)):
        talk.event("experiment_exposed", {"experiment": experiment, "variant": arm})
    talk.message("bot", talk.say(variant))
    outcome = "dropped"
    if depth:
        outcome = chat_sales(talk, depth)
    elif dice.chance(0.5):
        talk.at += DAY
        talk.message("bot", talk.say("follow_up"))
    outcome = meet(talk, depth) or outcome
    end_sales(talk, outcome)


def chat_sales(talk, depth):
    """The chat with a prospect who answers, up to the qualification."""
    dice, turns = talk.dice, talk.turns(2, 8)
    decided_after = dice.whole(turns // 2, turns - 1)
    objects_after = dice.whole(0, turns - 1) if dice.chance(0.35) else None
    outcome = "qualified" if depth > 1 else "dropped"
    opening = opening_intent(dice, depth)
    for turn in talk.exchange(turns, INTENTS, "bot", opening=opening):
        if turn == objects_after:
            talk.event("objection_raised", {"objection": dice.pick(OBJECTIONS)})
        if turn == decided_after and depth > 1:
            score = {"qualification_score": dice.whole(60, 100)}
            score["qualification_path"] = dice.pick(PATHS)
            talk.event("qualified", {**score, "criteria": "budget, need"})
        elif turn == decided_after and dice.chance(0.4):
            talk.event("disqualified", {"reason": dice.pick(("budget", "size", "fit"))})
            outcome = "disqualified"
    if "responded" in talk.stages:
        talk.groups.append(("opening_intent", opening))
    if dice.chance(SALES_ESCALATED):
        talk.hand_over(INTENTS, "bot")
        outcome = "escalated" if outcome == "dropped" else outcome
    return outcome


def meet(talk, depth):
    """The stages after the qualification, days later; the outcome they lead to."""
    dice = talk.dice
    if depth < 3:
        return None
    wait = dice.whole(1, 7) * DAY
    booking = {"meeting_date": stamp(talk.at + wait)[:10], "meeting_type": "demo"}
    booking["assigned_rep"] = f"rep-{dice.whole(1, 12):02d}"
    talk.at += 30
    talk.event("meeting_booked", booking)
    if depth > 3:
        talk.at += wait
        talk.event("meeting_attended", {})
    if depth > 4:
        talk.at += dice.whole(600, 2 * DAY)
        talk.event("opportunity_created", {})
    if depth > 5:
        talk.at += dice.whole(2 * DAY, 18 * DAY)
        cents = dice.whole(50_000, 2_000_000)
        if talk.event("deal_closed", {"amount": cents / 100, "currency": "USD"}):
            talk.counts["money/revenue_cents"] += cents
    return "converted" if depth > 5 else "booked"


def end_sales(talk, outcome):
    """Cost, survey and end, whatever came before."""
    dice, cents = talk.dice, talk.dice.whole(2, 60)
    talk.at += 60
    if talk.event("cost_incurred", {"amount": cents / 100}):
        talk.counts["money/event_cost_cents"] += cents
    if talk.messages > 2 and dice.chance(SURVEYED):
        score = dice.pick(SCORES["good" if talk.mood[1] > 0 else "bad"])
        if talk.event("survey_answered", {"score": score}):
            count_score(talk.counts, "survey", score)
    closed_by = "timeout" if outcome == "dropped" else dice.pick(("bot", "customer"))
    talk.end("human" if outcome == "escalated" else closed_by, outcome)
