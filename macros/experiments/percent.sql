{# A share as people read it, with one decimal: 0.1234 is '12.3 %'. NULL stays NULL. #}
{% macro percent(share) -%}
    cast(round(100 * ({{ share }}), 1) as string) || ' %'
{%- endmacro %}
