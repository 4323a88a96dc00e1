{#
    Prints models/marts/metrics/_metrics__semantic_layer.yml: what MetricFlow needs to know
    of measures and metrics, as declared in this folder. `make semantic-layer` writes it.
    A total is NULL, not 0, where nobody had a say, as in the marts.
#}
{% macro semantic_layer() -%}
    {%- set used, kinds = [], measure_kinds() -%}
    {%- for metric in metrics() -%}
        {%- do used.extend([metric.numerator, metric.denominator]) -%}
    {%- endfor -%}
    {%- set yaml -%}
# Made by `make semantic-layer` from macros/metrics; edit the declarations there.
version: 2

semantic_models:
  - name: conversation_measures
    description: What each conversation adds to the metrics, on the day it started.
    model: ref("int_conversations_measured")
    defaults: {agg_time_dimension: started_date}
    entities:
      - {name: conversation, type: primary, expr: conversation_id}
    dimensions:
      - {name: started_date, type: time, type_params: {time_granularity: day}}
    measures:
    {%- for name in measure_names() if name in used %}
      - {name: sum_{{ name }}, agg: sum, create_metric: true, expr: {{ tojson(measure_term(name, kinds)) }}}
    {%- endfor %}

metrics:
    {%- for metric in metrics() %}
  - {name: {{ metric.name }}, label: {{ tojson(metric.label) }},
     description: {{ tojson(metric.definition) }},
     {% if metric.kind == "total" -%}
     type: derived, type_params: {expr: case when denominator > 0 then numerator end, metrics: [
       {name: sum_{{ metric.numerator }}, alias: numerator}, {name: sum_{{ metric.denominator }}, alias: denominator}]}}
     {%- else -%}
     type: ratio, type_params: {numerator: sum_{{ metric.numerator }}, denominator: sum_{{ metric.denominator }}}}
     {%- endif %}
    {%- endfor %}
    {%- endset -%}
    {{ print(yaml) }}
{%- endmacro %}
