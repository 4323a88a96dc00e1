"""Support conversations: a bot helps, and where it cannot a person does."""

from scripts.synthetic.talk import CHANNELS, DAY, REASONS, SCORES, count_score

# Planted.
CSAT_GIVEN = 0.40
SUPPORT_ESCALATED = {
    "refund": 0.30,
    "shipping": 0.10,
    "login": 0.08,
    "billing": 0.15,
    "cancellation": 0.20,
}
SUPPORT_RESOLVED, REOPENED = 0.74, 0.06


def write_support(talk):
    """A customer asks for help; a bot answers, and sometimes a person after it."""
    dice = talk.dice
    intent = dice.pick(tuple(SUPPORT_ESCALATED))
    is_escalated = dice.chance(SUPPORT_ESCALATED[intent])
    is_resolved = dice.chance(SUPPORT_RESOLVED)
    talk.mood = (-0.3, 0.45 if is_resolved else -0.5)
    talk.start(dice.pick(CHANNELS), source="help_center", direction="inbound")
    for _ in talk.exchange(talk.turns(1, 5), (intent,), "help"):
        pass
    if is_escalated:
        talk.hand_over((intent,), "help")
    if is_resolved:
        talk.message("prospect", talk.say("thanks"), "thanks")
    resolve(talk, intent, is_escalated, is_resolved)
    write_points(talk, intent, is_escalated, is_resolved)
    closed_by = "human" if is_escalated else dice.pick(("bot", "customer"))
    outcome = "escalated" if is_escalated else "resolved"
    talk.end(
        closed_by if is_resolved else "timeout", outcome if is_resolved else "dropped"
    )


def resolve(talk, intent, is_escalated, is_resolved):
    """Resolved, and now and then opened again hours later and resolved once more."""
    resolved_by = {"resolved_by": "human" if is_escalated else "bot"}
    if is_resolved:
        talk.event("conversation_resolved", resolved_by)
    if is_resolved and talk.dice.chance(REOPENED):
        talk.at += talk.dice.whole(3600, 2 * DAY)
        talk.event("conversation_reopened", {})
        for _ in talk.exchange(
            1, (intent,), "help", "agent" if is_escalated else "bot"
        ):
            pass
        talk.event("conversation_resolved", resolved_by)


def write_points(talk, intent, is_escalated, is_resolved):
    """The support metrics of a conversation that ends now."""
    dice, counts = talk.dice, talk.counts
    base = {"intent": intent, "tier": talk.customer["customer_tier"]}
    base["language"] = talk.customer["language"]
    minutes = round((talk.at - talk.started) / 60, 2)
    score = dice.pick(SCORES["good" if is_resolved else "bad"])
    cents = dice.whole(8, 60) + (dice.whole(400, 1200) if is_escalated else 0)
    is_asked = dice.chance(CSAT_GIVEN) or talk.is_dirty["csat_7"]
    if talk.is_dirty["negative_resolution_time"]:
        minutes = -minutes
    if not talk.point("resolution_time", minutes, resolved=is_resolved, **base):
        return
    counts["in_feeds/support_metrics"] += 1
    counts["support/resolved"] += is_resolved
    counts["support/escalated"] += is_escalated
    counts[f"support/by_intent/{intent}/count"] += 1
    counts[f"support/by_intent/{intent}/escalated"] += is_escalated
    if minutes < 0:
        counts["lines/dirty/negative_resolution_time"] += 1
    talk.point("conversation_turns", (talk.messages + 1) // 2, **base)
    reason = {"reason": dice.pick(REASONS)} if is_escalated else {}
    talk.point("escalation", int(is_escalated), **base, **reason)
    talk.point("cost", cents / 100, **base)
    counts["money/support_cost_cents"] += cents
    counts["support/turns"] += (talk.messages + 1) // 2
    if is_asked:
        talk.point("csat", 7 if talk.is_dirty["csat_7"] else score, **base)
        if talk.is_dirty["csat_7"]:
            counts["lines/dirty/csat_7"] += 1
        else:
            count_score(counts, "metric", score)
