{#
    Whether a value reaches a target from `low` to `high`: the end that is easier to reach
    decides. An open range such as `<2` (no low) leaves its end out. NULL where no
    direction is better, and without a value.
#}
{% macro is_attained(value, better_direction, low, high) -%}
    case {{ better_direction }}
        when 'up' then {{ value }} >= {{ low }}
        when 'down' then {{ value }} < {{ high }} or ({{ value }} = {{ high }} and {{ low }} is not null)
    end
{%- endmacro %}
