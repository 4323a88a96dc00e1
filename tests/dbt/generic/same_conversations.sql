{# Fails on conversations that one model has and the other lacks, both ways. #}
{% test same_conversations(model, other) %}
    (
        select conversation_id from {{ model }}
        except
        select conversation_id from {{ other }}
    )
    union all
    (
        select conversation_id from {{ other }}
        except
        select conversation_id from {{ model }}
    )
{% endtest %}
