{#
    What has to be summed so that every metric has its value, its variance and its sample
    size in any roll-up. For x (numerator) and y (denominator) of a conversation these are
    the sums of x, y, x*x, y*y, x*y and the number of conversations with y <> 0. Flags are
    their own squares, so most metrics share a few columns.

    Sums of amounts are decimals: the order of the rows must not change a digit.
#}

{# {column: SQL over int_conversations_measured} for some metrics. #}
{% macro terms(metrics) -%}
    {%- set found, kinds = {}, measure_kinds() -%}
    {%- for metric in metrics -%}
        {%- set x, y = metric.numerator, metric.denominator -%}
        {%- set columns = metric_columns(metric, kinds) -%}
        {%- do found.update({
            columns.numerator: measure_term(x, kinds),
            columns.denominator: measure_term(y, kinds),
            columns.sum_xx: product_term(x, x, kinds),
            columns.sum_yy: product_term(y, y, kinds),
            "sum_" ~ metric.population: metric.population,
        }) -%}
        {%- if columns.sum_xy not in found -%}
            {%- do found.update({columns.sum_xy: product_term(x, y, kinds)}) -%}
        {%- endif -%}
        {%- if columns.sample_size not in found -%}
            {%- do found.update(
                {columns.sample_size: "case when " ~ y ~ " != 0 then 1 else 0 end"}
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}

{# Which column of the roll-ups holds what of a metric. #}
{% macro metric_columns(metric, kinds) -%}
    {%- set x, y = metric.numerator, metric.denominator -%}
    {%- set y_is_flag = kinds[y] == "flag" -%}
    {{ return({
        "numerator": "sum_" ~ x,
        "denominator": "sum_" ~ y,
        "sum_xx": square_column(x, kinds),
        "sum_yy": square_column(y, kinds),
        "sum_xy": square_column(x, kinds) if x == y
            else "sum_" ~ x if y_is_flag and metric.is_nested
            else "products_" ~ x ~ "__" ~ y,
        "sample_size": "sum_" ~ y if y_is_flag else "conversations_with_" ~ y,
    }) }}
{%- endmacro %}

{# {measure: its kind}, once for many: dbt takes its time to work measures() out. #}
{% macro measure_kinds() -%}
    {%- set kinds = {} -%}
    {%- for kind, of_kind in measures().items() -%}
        {%- for name in of_kind -%}
            {%- do kinds.update({name: kind}) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(kinds) }}
{%- endmacro %}

{% macro square_column(name, kinds) -%}
    {{ return(("sum_" if kinds[name] == "flag" else "squares_") ~ name) }}
{%- endmacro %}

{% macro measure_term(name, kinds) -%}
    {{ return(exact_amount(name) if kinds[name] == "amount" else name) }}
{%- endmacro %}

{% macro product_term(left, right, kinds) -%}
    {%- if left == right and kinds[left] == "flag" -%}
        {{ return(left) }}
    {%- endif -%}
    {%- set product = left ~ " * " ~ right -%}
    {%- set has_amount = "amount" in [kinds[left], kinds[right]] -%}
    {{ return(exact_amount(product, "1e24") if has_amount else product) }}
{%- endmacro %}

{# A decimal of nine places; NULL for what is too large to be any real amount. #}
{% macro exact_amount(value, limit="1e12") -%}
    {%- set exact -%}
    cast(case when abs({{ value }}) <= {{ limit }} then {{ value }} end as decimal(38, 9))
    {%- endset -%}
    {{ return(exact) }}
{%- endmacro %}

{# The columns of int_conversations_measured that hold measures. #}
{% macro measure_columns(names) -%}
    {%- for kind, of_kind in measures().items() -%}
        {%- for name, sql in of_kind.items() if name in names -%}
            {%- if kind == "flag" %}
        case when {{ sql }} then 1 else 0 end as {{ name }}
            {%- else %}
        cast(coalesce({{ sql }}, 0) as {{ "bigint" if kind == "count" else "double" }})
            as {{ name }}
            {%- endif -%}
            {%- if name != names[-1] %},{% endif -%}
        {%- endfor -%}
    {%- endfor -%}
{%- endmacro %}

{% macro term_columns(metrics) -%}
    {%- for column, sql in terms(metrics).items() %}
        {{ sql }} as {{ column }}{% if not loop.last %},{% endif %}
    {%- endfor -%}
{%- endmacro %}

{% macro summed_term_columns(metrics) -%}
    {%- for column, sql in terms(metrics).items() %}
        cast(sum({{ column }}) as {{ "decimal(38, 9)" if "decimal" in sql else "bigint" }})
            as {{ column }}{% if not loop.last %},{% endif %}
    {%- endfor -%}
{%- endmacro %}

{# All metrics of all dimensions; annotation types have a roll-up of their own. #}
{% macro all_metric_rows(relation, annotation_types, keys) -%}
    {{ metric_rows(metrics(), relation, keys) }}
    union all
    {{ metric_rows(declared(agent_assist_metrics()), annotation_types, keys) }}
{%- endmacro %}

{#
    The long form of a roll-up: one row a metric, where a conversation of its population is
    in the group. `keys` are the columns that stay. NULL is not zero: without a denominator
    there is no value.
#}
{% macro metric_rows(metrics, relation, keys) -%}
    {%- set rows, kinds = [], measure_kinds() -%}
    {%- for metric in metrics -%}
        {%- set columns = metric_columns(metric, kinds) -%}
        {%- set numerator = "cast(" ~ columns.numerator ~ " as double)" -%}
        {%- do rows.append({
            "condition": "sum_" ~ metric.population ~ " > 0",
            "columns": {
                "metric_name": "'" ~ metric.name ~ "'",
                "numerator": numerator,
                "denominator": "cast(" ~ columns.denominator ~ " as double)",
                "value": "case when " ~ columns.denominator ~ " > 0 then " ~ numerator ~ " end"
                    if metric.kind == "total"
                    else ratio(columns.numerator, columns.denominator),
                "sample_size": "cast(" ~ columns.sample_size ~ " as bigint)",
                "sum_xx": "cast(" ~ columns.sum_xx ~ " as double)",
                "sum_yy": "cast(" ~ columns.sum_yy ~ " as double)",
                "sum_xy": "cast(" ~ columns.sum_xy ~ " as double)",
            },
        }) -%}
    {%- endfor -%}
    {{ split_rows(relation, keys, rows) }}
{%- endmacro %}
