{#
    What to do about a variant, by one metric, and why, in words. Over the columns of
    experiment_results before they are published; both macros go through the same cases.
    Significance and importance (a lift of 5 %) are two questions.
#}
{% macro experiment_decision() -%}
    case
        {%- for condition, decision, reason in experiment_cases() %}
        when {{ condition }} then '{{ decision }}'
        {%- endfor %}
    end
{%- endmacro %}

{% macro experiment_reason() -%}
    case
        {%- for condition, decision, reason in experiment_cases() %}
        when {{ condition }} then {{ reason }}
        {%- endfor %}
    end
{%- endmacro %}

{# (condition, decision, SQL of the reason); the first that holds counts. #}
{% macro experiment_cases() -%}
    {%- set effect = lift_or_difference(["lift"], ["difference"]) -%}
    {%- set interval = lift_or_difference(
        ["anytime_lift_low", "anytime_lift_high"],
        ["anytime_difference_low", "anytime_difference_high"],
    ) -%}
    {%- set detectable = lift_or_difference(
        ["minimum_detectable_difference / lift_base"], ["minimum_detectable_difference"]
    ) -%}
    {{ return([
        ("is_blocked", "no verdict", "'No verdict: ' || problem || '.'"),
        (
            "coalesce(denominator, 0) = 0 or coalesce(base_denominator, 0) = 0", "no verdict",
            "'No verdict: a side has no data.'",
        ),
        (
            "not has_enough_sample", "keep running",
            "'Keep running: ' || cast(sample_size as string) || ' against '"
            ~ " || cast(base_sample_size as string)"
            ~ " || ' are too few for a verdict.'",
        ),
        ("anytime_p_value is null", "no verdict", "'No verdict: nothing varies.'"),
        (
            "is_significant and better_direction = 'none'", "look",
            "'It changes the metric, by ' || " ~ effect ~ " || '; neither way is better.'",
        ),
        (
            "is_significant and is_better and anytime_lift_low >= 0.05", "adopt",
            "'Adopt: better, and surely by more than 5 %, by ' || " ~ interval ~ " || '.'",
        ),
        (
            "is_significant and is_better and coalesce(is_important, true)", "adopt",
            "'Adopt: better, by ' || " ~ effect ~ " || ', surely by ' || " ~ interval ~ " || '.'",
        ),
        (
            "is_significant and is_better", "your choice",
            "'Better, but by less than 5 %, by ' || " ~ effect ~ " || ': adopt it if it is free.'",
        ),
        (
            "is_significant", "keep control",
            "'Keep control: the variant is worse, by ' || " ~ effect ~ " || '.'",
        ),
        (
            "anytime_lift_low > -0.05 and anytime_lift_high < 0.05", "your choice",
            "'No difference that matters: within 5 % either way, ' || " ~ interval ~ " || '.'",
        ),
        (
            "true", "keep running",
            "'Keep running: no difference shown yet, ' || " ~ interval
            ~ " || '. This many conversations show ' || " ~ detectable
            ~ " || ' four times in five.'",
        ),
    ]) }}
{%- endmacro %}

{# In percent of control where there is a lift, else in the unit of the metric. #}
{% macro lift_or_difference(lifts, differences) -%}
    coalesce(
        {% for lift in lifts %}{{ percent(lift) }}{% if not loop.last %} || ' to ' || {% endif %}
        {%- endfor %},
        {% for difference in differences -%}
        cast(round({{ difference }}, 4) as string)
        {%- if not loop.last %} || ' to ' || {% endif %}
        {%- endfor %},
        'unknown'
    )
{%- endmacro %}
