{#
    Roll-ups by date. A model with `meta={"dated": true}` has one row a conversation and its
    started_date. When it replaces conversations, the dates they had and the dates they have
    now are noted in operations.touched_dates with the watermark that the build reaches, in
    the same transaction: a roll-up whose own watermark is older builds these dates again.
#}
{% macro of_touched_dates(date) -%}
    {%- if is_incremental() -%}
    coalesce({{ date }}, date '0001-01-01') in ({{ dates_touched(this) }})
    {%- else -%}
    true
    {%- endif -%}
{%- endmacro %}

{# Dates noted after the watermark of `built`; the year 1 stands for no date. #}
{% macro dates_touched(built) -%}
    select touched.touched_date
    from operations.touched_dates as touched
    where touched.file_id > {{ watermark(built) }}
{%- endmacro %}

{# on-run-start: one row a date and build that touched it. #}
{% macro create_touched_dates() -%}
    create table if not exists operations.touched_dates (touched_date date, file_id bigint)
{%- endmacro %}

{# Notes the dates of the rows of `relation` whose conversations are about to change. #}
{% macro note_touched_dates(relation) -%}
    insert into operations.touched_dates
    select distinct
        coalesce(started_date, date '0001-01-01') as touched_date,
        {{ watermark_reached(model) }} as file_id
    from {{ relation }}
    where conversation_id in ({{ conversations_touched(ref(landed_model()), this) }})
{%- endmacro %}
