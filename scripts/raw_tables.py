"""The raw tables: the one declaration of what an export record looks like.

Types are DuckDB's, in the structure notation of its `from_json`: a dict is a STRUCT, a
one-element list a LIST. `JSON` keeps a value as the export gives it, text or not, and
is opened by staging. Everything else about landing is in land_exports.py.

Source of the conversation record: the published export schema, v10, plus the fields
that older versions had (`agentId`, `updateTimestampUtc`, `annotations.record`).
"""

from typing import Annotated, Any

import msgspec

INT64_MIN, INT64_MAX = -(2**63), 2**63 - 1
DOUBLE_MAX = 1.7976931348623157e308

# What a clean value of each type decodes into. The bounds keep out what DuckDB cannot
# store and the "nan" and "inf" that msgspec would take from a string.
CLEAN = {
    "VARCHAR": str,
    "BIGINT": Annotated[int, msgspec.Meta(ge=INT64_MIN, le=INT64_MAX)],
    "DOUBLE": Annotated[float, msgspec.Meta(ge=-DOUBLE_MAX, le=DOUBLE_MAX)],
    # No text: msgspec would take "1", too.
    "BOOLEAN": bool | Annotated[str, msgspec.Meta(pattern="(?!)")],
    "JSON": Any,
}

EVENTS = {
    "event_type": "VARCHAR",
    "conversation_id": "VARCHAR",
    "timestamp": "JSON",
    "event_id": "VARCHAR",
    "message_id": "VARCHAR",
    "customer_id": "VARCHAR",
    "channel": "VARCHAR",
    "properties": "JSON",
}

SUPPORT_METRICS = {
    "metric_name": "VARCHAR",
    "value": "JSON",
    "timestamp": "JSON",
    "conversation_id": "VARCHAR",
    "customer_id": "VARCHAR",
    "dimension": "JSON",
}

CONVERSATIONS = {
    "conversationName": "VARCHAR",
    "audioFileUri": "VARCHAR",
    "dialogflowConversationProfileId": "VARCHAR",
    "startTimestampUtc": "BIGINT",
    "startTimestamp": "JSON",
    "loadTimestampUtc": "BIGINT",
    "analysisTimestampUtc": "BIGINT",
    "conversationUpdateTimestampUtc": "BIGINT",
    "year": "BIGINT",
    "month": "BIGINT",
    "day": "BIGINT",
    "durationNanos": "BIGINT",
    "silenceNanos": "BIGINT",
    "silencePercentage": "DOUBLE",
    "agentSpeakingPercentage": "DOUBLE",
    "clientSpeakingPercentage": "DOUBLE",
    "agentSentimentScore": "DOUBLE",
    "agentSentimentMagnitude": "DOUBLE",
    "clientSentimentScore": "DOUBLE",
    "clientSentimentMagnitude": "DOUBLE",
    "clientSentimentRationale": "VARCHAR",
    "transcript": "VARCHAR",
    "turnCount": "BIGINT",
    "languageCode": "VARCHAR",
    "medium": "VARCHAR",
    "issues": [
        {
            "name": "VARCHAR",
            "score": "DOUBLE",
            "issueModelId": "VARCHAR",
            "issueId": "VARCHAR",
        }
    ],
    "entities": [
        {
            "name": "VARCHAR",
            "type": "VARCHAR",
            "sentimentScore": "DOUBLE",
            "sentimentMagnitude": "DOUBLE",
            "salience": "DOUBLE",
            "speakerTag": "BIGINT",
        }
    ],
    "labels": [
        {
            "key": "VARCHAR",
            "value": "VARCHAR",
        }
    ],
    "words": [
        {
            "word": "VARCHAR",
            "startOffsetNanos": "BIGINT",
            "endOffsetNanos": "BIGINT",
            "speakerTag": "BIGINT",
            "languageCode": "VARCHAR",
        }
    ],
    "sentences": [
        {
            "sentence": "VARCHAR",
            "sentimentScore": "DOUBLE",
            "sentimentMagnitude": "DOUBLE",
            "speakerTag": "BIGINT",
            "languageCode": "VARCHAR",
            "startOffsetNanos": "BIGINT",
            "endOffsetNanos": "BIGINT",
            "createTimeNanos": "BIGINT",
            "participantId": "VARCHAR",
            "participantRole": "VARCHAR",
            "obfuscatedExternalUserId": "VARCHAR",
            "isCoveredBySmartReplyAllowlist": "BOOLEAN",
            "annotations": [
                {
                    "annotationRecord": "JSON",
                    "createTimeNanos": "BIGINT",
                    "type": "VARCHAR",
                    "clicked": "BOOLEAN",
                    "correctnessLevel": "VARCHAR",
                    "displayed": "BOOLEAN",
                    "detailedFeedback": "JSON",
                    "userInput": "JSON",
                    "record": "JSON",
                }
            ],
            "intentMatchData": [
                {
                    "intentId": "VARCHAR",
                    "displayName": "VARCHAR",
                }
            ],
            "phraseMatchData": [
                {
                    "phraseMatcherId": "VARCHAR",
                    "revisionId": "VARCHAR",
                    "displayName": "VARCHAR",
                }
            ],
            "highlightData": [
                {
                    "highlighterName": "VARCHAR",
                    "displayName": "VARCHAR",
                    "type": "VARCHAR",
                }
            ],
            "dialogflowIntentMatchData": [
                {
                    "intentName": "VARCHAR",
                    "displayName": "VARCHAR",
                    "maxConfidence": "DOUBLE",
                }
            ],
        }
    ],
    "latestSummary": {
        "text": "VARCHAR",
        "textSections": [
            {
                "key": "VARCHAR",
                "value": "VARCHAR",
            }
        ],
        "confidence": "DOUBLE",
        "metadata": [
            {
                "key": "VARCHAR",
                "value": "VARCHAR",
            }
        ],
        "answerRecord": "VARCHAR",
        "conversationModel": "VARCHAR",
    },
    "qaScorecardResults": [
        {
            "qaScorecard": "VARCHAR",
            "qaScorecardRevision": "VARCHAR",
            "qaScorecardResult": "VARCHAR",
            "score": "DOUBLE",
            "potentialScore": "DOUBLE",
            "normalizedScore": "DOUBLE",
            "qaTagResults": [
                {
                    "tag": "VARCHAR",
                    "score": "DOUBLE",
                    "potentialScore": "DOUBLE",
                    "normalizedScore": "DOUBLE",
                }
            ],
            "qaAnswers": [
                {
                    "qaQuestion": {
                        "qaQuestion": "VARCHAR",
                        "questionBody": "VARCHAR",
                    },
                    "qaAnswerStringValue": "VARCHAR",
                    "qaAnswerNumericValue": "DOUBLE",
                    "qaAnswerBoolValue": "BOOLEAN",
                    "qaAnswerNaValue": "BOOLEAN",
                    "score": "DOUBLE",
                    "potentialScore": "DOUBLE",
                    "normalizedScore": "DOUBLE",
                    "tags": ["VARCHAR"],
                    "scoreSources": [
                        {
                            "sourceType": "VARCHAR",
                            "score": "DOUBLE",
                            "potentialScore": "DOUBLE",
                            "normalizedScore": "DOUBLE",
                            "qaTagResults": [
                                {
                                    "tag": "VARCHAR",
                                    "score": "DOUBLE",
                                    "potentialScore": "DOUBLE",
                                    "normalizedScore": "DOUBLE",
                                }
                            ],
                        }
                    ],
                    "answerSources": [
                        {
                            "sourceType": "VARCHAR",
                            "qaAnswerStringValue": "VARCHAR",
                            "qaAnswerNumericValue": "DOUBLE",
                            "qaAnswerBoolValue": "BOOLEAN",
                            "qaAnswerNaValue": "BOOLEAN",
                            "score": "DOUBLE",
                            "potentialScore": "DOUBLE",
                            "normalizedScore": "DOUBLE",
                        }
                    ],
                }
            ],
            "scoreSources": [
                {
                    "sourceType": "VARCHAR",
                    "score": "DOUBLE",
                    "potentialScore": "DOUBLE",
                    "normalizedScore": "DOUBLE",
                    "qaTagResults": [
                        {
                            "tag": "VARCHAR",
                            "score": "DOUBLE",
                            "potentialScore": "DOUBLE",
                            "normalizedScore": "DOUBLE",
                        }
                    ],
                }
            ],
        }
    ],
    "agents": [
        {
            "agentId": "VARCHAR",
            "agentDisplayName": "VARCHAR",
            "agentTeam": "VARCHAR",
            "agentType": "VARCHAR",
        }
    ],
    "feedbackLabels": [
        {
            "name": "VARCHAR",
            "labeledResource": "VARCHAR",
            "label": "VARCHAR",
            "qaAnswerStringValue": "VARCHAR",
            "qaAnswerNumericValue": "DOUBLE",
            "qaAnswerBoolValue": "BOOLEAN",
            "qaAnswerNaValue": "BOOLEAN",
            "createTimestampUtc": "BIGINT",
            "updateTimestampUtc": "BIGINT",
        }
    ],
    "agentId": "VARCHAR",
    "updateTimestampUtc": "JSON",
}

FEEDS = {
    "events": EVENTS,
    "conversations": CONVERSATIONS,
    "support_metrics": SUPPORT_METRICS,
}


def duckdb_type(declared):
    """The type as DDL writes it: ["VARCHAR"] is VARCHAR[], a dict is STRUCT(...)."""
    if isinstance(declared, dict):
        fields = (f'"{name}" {duckdb_type(part)}' for name, part in declared.items())
        return f"STRUCT({', '.join(fields)})"
    if isinstance(declared, list):
        return f"{duckdb_type(declared[0])}[]"
    return declared


def spark_type(declared):
    """The type as Spark's DDL writes it; JSON stays text there."""
    if isinstance(declared, dict):
        fields = (f"`{name}`: {spark_type(part)}" for name, part in declared.items())
        return f"STRUCT<{', '.join(fields)}>"
    if isinstance(declared, list):
        return f"ARRAY<{spark_type(declared[0])}>"
    return {"VARCHAR": "STRING", "JSON": "STRING", "BLOB": "BINARY"}.get(
        declared, declared
    )


def msgspec_type(declared, name=""):
    """The type that msgspec decodes a clean value into; it raises on all others.

    Only top-level and nested objects with declared fields pass, so what it accepts
    holds nothing that would have to be kept in `_extra`.
    """
    if isinstance(declared, dict):
        fields = [
            (field, part if part is Any else part | None, None)
            for field, part in (
                (field, msgspec_type(part, field)) for field, part in declared.items()
            )
        ]
        return msgspec.defstruct(
            name or "Record",
            fields,
            forbid_unknown_fields=True,
            omit_defaults=True,
            gc=False,
        )
    if isinstance(declared, list):
        return list[msgspec_type(declared[0], name) | None]
    if declared == "VARCHAR" and is_id(name):
        return Annotated[str, msgspec.Meta(min_length=1)]
    return CLEAN[declared]


def is_id(name):
    """Ids of events and metrics: compared as text, and an empty one is no id."""
    return name.endswith("_id")


def fields_of_type(declared, wanted):
    """The names of all fields of a declared type, at any depth: a set."""
    if isinstance(declared, list):
        return fields_of_type(declared[0], wanted)
    if not isinstance(declared, dict):
        return set()
    return {name for name, part in declared.items() if part == wanted}.union(
        *(fields_of_type(part, wanted) for part in declared.values())
    )
