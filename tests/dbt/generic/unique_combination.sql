{# Fails on every combination of `columns` that more than one row has. NULL is a value. #}
{% test unique_combination(model, columns) %}
    select
        {{ columns | join(", ") }},
        count(*) as row_count
    from {{ model }}
    group by {{ columns | join(", ") }}
    having count(*) > 1
{% endtest %}
