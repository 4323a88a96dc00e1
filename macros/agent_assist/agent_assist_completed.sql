{#
    A SELECT that gives every group of `totals` a row for every annotation type in it: a
    type that a group lacks is a zero there. Sentences and conversations are those of the
    group, whatever the type: what has no suggestion had the chance of one.
#}
{% macro agent_assist_completed(totals, keys) -%}
    select
        {%- for key in keys %}
        groups.{{ key }},
        {%- endfor %}
        types.annotation_type,
        groups.conversation_count,
        groups.sentence_count,
        coalesce(found.annotated_conversations, 0) as annotated_conversations
        {%- for figure in agent_assist_figures() if figure != "sentence_count" %},
        coalesce(found.{{ figure }}, 0) as {{ figure }}
        {%- endfor %}
    from {{ totals }} as groups
    cross join (select distinct annotation_type from {{ totals }}) as types
    left join {{ totals }} as found
        on
            types.annotation_type = found.annotation_type
            {%- for key in keys %}
            and groups.{{ key }} is not distinct from found.{{ key }}
            {%- endfor %}
    where groups.annotation_type = 'all'
{%- endmacro %}
