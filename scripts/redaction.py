"""E-mail addresses, phone and card numbers taken out of text, where that is asked for.

What is looked at is every text of a record, at any depth and in JSON within text too,
but for names and ids of resources and times: rows are joined by them, and a time in
digits looks like a phone number.
"""

import json
import re

EMAIL = re.compile(
    r"""[^\s@<>"',;:()\[\]{}\\/]{1,64}@(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,63}"""
)
# Digits with at most two separators between them.
SEPARATOR = r"[\s().\-/\u2010-\u2013]{0,2}"
CARD = re.compile(rf"(?<!\d)\d(?:{SEPARATOR}\d){{12,18}}(?!\d)")
PHONE = re.compile(
    rf"(?<!\d)(?!\d{{4}}-\d\d-\d\d(?!\d))(?:\+\(?\d(?:{SEPARATOR}\d){{6,14}}"
    rf"|\(?\d(?:{SEPARATOR}\d){{8,14}})(?!\d)"
)
KEPT_NAME = re.compile(
    r"(?:^id|_id|Id|Ids|_at|[tT]ime|[tT]imestamp|Utc|[nN]anos|seconds)$"
)
KEPT_TEXT = re.compile(r"(?:projects|gs:/)/[\w/.-]+|-?\d\.\d+")  # resource, decimal


def redact_text(text):
    """The text with [email], [card] and [phone] for what looks like one."""
    text = EMAIL.sub("[email]", text)
    text = CARD.sub(lambda found: "[card]" if _is_card(found[0]) else found[0], text)
    return PHONE.sub("[phone]", text)


def redact_line(line):
    """The bytes of a line that is no record, redacted as text whatever it holds."""
    text = redact_text(line.decode("utf-8", "surrogateescape"))
    return text.encode("utf-8", "surrogateescape")


def redact(value, name=""):
    """A value as json.loads gives it, with every text in it redacted."""
    if isinstance(value, dict):
        return {key: redact(part, key) for key, part in value.items()}
    if isinstance(value, list):
        return [redact(part, name) for part in value]
    if type(value) is not str or KEPT_NAME.search(name) or KEPT_TEXT.fullmatch(value):
        return value
    if value.lstrip().startswith(("{", "[")):
        try:
            inner = json.loads(value)
        except (ValueError, RecursionError):
            return redact_text(value)
        clean = redact(inner, name)
        return value if clean == inner else json.dumps(clean, ensure_ascii=False)
    return redact_text(value)


def _is_card(text):
    """Whether the digits of a text pass the check of card numbers (Luhn)."""
    digits = [int(character) for character in text if character.isdigit()][::-1]
    doubled = (sum(divmod(2 * digit, 10)) for digit in digits[1::2])
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0
