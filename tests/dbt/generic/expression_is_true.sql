{# Fails on rows where `expression` is not true: false and NULL alike. #}
{% test expression_is_true(model, expression) %}
    select * from {{ model }} where ({{ expression }}) is distinct from true
{% endtest %}
