"""What is to be told of alerts: the ledger of notices, and their delivery.

The marts are recomputed by every build; what was told stays told. `decide` compares the
episodes the marts hold now with those in the ledger and adds what is missing, in one
transaction. Delivery goes on from the ledger: at least once, in order, with a key by
which a receiver knows a repetition. URLs of channels are read from the environment and
never stored or printed: a channel is known by a hash.
"""

import hashlib
import logging
import time
from dataclasses import dataclass
from datetime import UTC, datetime

import apprise
import click

LEDGER = """
create schema if not exists operations;
create table if not exists operations.alert_evaluations (
    evaluated_at timestamp, rule_ids varchar[], decided_at timestamp
);
create table if not exists operations.alert_notices (
    notice_key varchar primary key, rule_id varchar, segment varchar, event varchar,
    episode_number bigint, occurred_at timestamp, evaluated_at timestamp,
    decided_at timestamp, title varchar, body varchar
);
create table if not exists operations.alert_attempts (
    notice_key varchar, channel varchar, attempted_at timestamp, is_delivered boolean
);
"""
RETRY_SECONDS = (1, 2, 4)


@dataclass(frozen=True)
class Episode:
    """From the hour an alert fired to the hour it was resolved, None while it fires."""

    fired_at: datetime
    resolved_at: datetime | None = None

    def touches(self, other, known_until):
        """Whether this one, known up to an hour if it still fires, meets the other."""
        end = self.resolved_at or max(self.fired_at, known_until)
        return other.fired_at <= end and (
            other.resolved_at is None or self.fired_at <= other.resolved_at
        )


def missing(told, seen, evaluated_at, known_until):
    """Episodes to tell, as {index in `told`, or beyond: Episode}, for what `seen` adds.

    `known_until` is the hour of the evaluation before: what was told as firing is known
    to have fired until then, and no further.

    An episode that late data moved, split or joined touches one that was told, so it is
    not told again; one still firing after its end was told is a new one; one that later
    data took back is resolved.
    """
    changed = {}
    for number, episode in enumerate(told):
        if episode.resolved_at is None:
            touching = [other for other in seen if episode.touches(other, known_until)]
            ends = [other.resolved_at for other in touching]
            if None not in ends:
                end = max(ends, default=evaluated_at)
                changed[number] = Episode(episode.fired_at, end)
    known = [changed.get(number, episode) for number, episode in enumerate(told)]
    for episode in seen:
        touching = [other for other in known if other.touches(episode, known_until)]
        is_told = any(episode.resolved_at or not o.resolved_at for o in touching)
        if not is_told:
            changed[len(known)] = episode
            known.append(episode)
    return changed


def episodes_seen(connection):
    """{(rule, segment): [Episode, ...]} of marts.alert_history, in order."""
    rows = connection.execute(
        "select rule_id, segment, event, changed_at from marts.alert_history "
        "where event is not null order by rule_id, segment, changed_at"
    ).fetchall()
    return _episodes(rows)


def episodes_told(connection):
    """{(rule, segment): [Episode, ...]} of the ledger, in the order they were told."""
    rows = connection.execute(
        "select rule_id, segment, event, occurred_at from operations.alert_notices "
        "order by rule_id, segment, episode_number, event"
    ).fetchall()
    return _episodes(rows)


def _episodes(rows):
    found = {}
    for rule, segment, event, at in rows:
        episodes = found.setdefault((rule, segment), [])
        if event == "fired":
            episodes.append(Episode(at))
        else:
            episodes[-1] = Episode(episodes[-1].fired_at, at)
    return found


def decide(connection, word):
    """Adds the missing notices to the ledger and returns how many.

    `word(rule, segment, event, at)` gives title and body. An evaluation of an earlier
    hour than one that was decided adds nothing: the later one saw its hours too. What
    ended before the first evaluation of a rule is history and no news.
    """
    connection.execute(LEDGER)
    evaluated = "select max(evaluated_at) from marts.alert_flags"
    ((evaluated_at,),) = connection.execute(evaluated).fetchall()
    ((last,),) = connection.execute(
        "select max(evaluated_at) from operations.alert_evaluations"
    ).fetchall()
    if evaluated_at is None or (last and evaluated_at < last):
        return 0
    now = datetime.now(UTC).replace(tzinfo=None)
    rules = [
        rule
        for (rule,) in connection.execute(
            "select distinct rule_id from marts.alert_flags order by rule_id"
        ).fetchall()
    ]
    seen, told = episodes_seen(connection), episodes_told(connection)
    connection.begin()
    connection.execute(
        "insert into operations.alert_evaluations values (?, ?, ?)",
        [evaluated_at, rules, now],
    )
    first = dict(
        connection.execute(
            "select rule_id, min(evaluated_at) from (select evaluated_at, "
            "unnest(rule_ids) as rule_id from operations.alert_evaluations) group by all"
        ).fetchall()
    )
    count = 0
    for rule, segment in sorted(seen.keys() | told.keys()):
        before = told.get((rule, segment), [])
        news = [
            episode
            for episode in seen.get((rule, segment), [])
            if not episode.resolved_at or episode.resolved_at > first[rule]
        ]
        for number, episode in missing(before, news, evaluated_at, last).items():
            events = {"fired": episode.fired_at, "resolved": episode.resolved_at}
            if number < len(before):
                del events["fired"]
            for event, at in events.items():
                if at is not None:
                    key = f"{rule}/{segment}/{episode.fired_at:%FT%H}/{number}/{event}"
                    connection.execute(
                        "insert into operations.alert_notices "
                        "values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                        [key, rule, segment, event, number, at, evaluated_at, now]
                        + list(word(rule, segment, event, at)),
                    )
                    count += 1
    connection.commit()
    return count


def channels(urls):
    """{hash: channel} of URLs as apprise writes them; raises UsageError without them."""
    # It logs addresses; what is told of a failure is ours.
    logging.getLogger("apprise").addHandler(logging.NullHandler())
    logging.getLogger("apprise").propagate = False
    found = {}
    for position, url in enumerate(urls.split(), start=1):
        channel = apprise.Apprise.instantiate(url)
        if channel is None:
            raise click.UsageError(
                f"URL {position} of ALERT_URLS is none apprise knows."
            )
        found[hashlib.sha256(url.encode()).hexdigest()[:12]] = channel
    return found


def deliver(connection, urls, wait=time.sleep):
    """Sends what a channel was not told yet; returns (delivered, failed channels).

    In order: a channel that does not take a notice gets no later one in this run. What
    a kill or a failure leaves goes out in the next.
    """
    connection.execute(LEDGER)
    delivered, failed = 0, []
    for name, channel in channels(urls).items():
        waiting = connection.execute(
            "select notice_key, event, title, body from operations.alert_notices "
            "where notice_key not in (select notice_key from operations.alert_attempts "
            "where channel = ? and is_delivered) order by decided_at, occurred_at, notice_key",
            [name],
        ).fetchall()
        for key, event, title, body in waiting:
            if not _send(connection, name, channel, (key, event, title, body), wait):
                failed.append(str(channel.service_name))
                break
            delivered += 1
    return delivered, failed


def _send(connection, name, channel, notice, wait):
    key, event, title, body = notice
    kind = (
        apprise.NotifyType.SUCCESS
        if event == "resolved"
        else apprise.NotifyType.FAILURE
    )
    if hasattr(channel, "headers"):
        channel.headers["Idempotency-Key"] = key
    for pause in (*RETRY_SECONDS, None):
        try:
            is_delivered = channel.notify(title=title, body=body, notify_type=kind)
        except Exception:
            is_delivered = False
        connection.execute(
            "insert into operations.alert_attempts values (?, ?, ?, ?)",
            [key, name, datetime.now(UTC).replace(tzinfo=None), bool(is_delivered)],
        )
        if is_delivered or pause is None:
            return bool(is_delivered)
        wait(pause)
