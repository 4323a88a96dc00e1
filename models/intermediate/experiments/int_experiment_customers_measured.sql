{#
    Grain: one row per experiment whose units are customers, and unit: the measures of its
    conversations, summed. The unit is what was drawn by lot, so it is what varies
    independently.
#}
{{ config(materialized="table") }}

{%- set kinds = measure_kinds() %}

with assigned as (

    select * from {{ ref("int_experiment_units_assigned") }}
    where assignment_unit = 'customer'

),

measured as (

    select * from {{ ref("int_conversations_measured") }}
    where conversation_id in (select assigned.conversation_id from assigned)

),

final as (

    select
        assigned.experiment,
        assigned.unit_id,
        assigned.variant,
        {%- for name in measure_names() %}
        cast(sum({{ measure_term(name, kinds) }}) as double) as {{ name }}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from assigned
    inner join measured on assigned.conversation_id = measured.conversation_id
    group by assigned.experiment, assigned.unit_id, assigned.variant

)

select * from final
