-- Conservation: what landed_files counts is what the raw tables hold, file by file.
with counted as (

    select
        file_id,
        row_count
    from {{ source("raw", "landed_files") }}
    where row_count > 0

),

held as (

    {% for feed in ["events", "conversations", "support_metrics"] %}
    select
        _file_id,
        count(*) as row_count
    from {{ source("raw", feed) }}
    group by _file_id
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

)

select
    counted.file_id,
    counted.row_count,
    held.row_count as held_count
from counted
full outer join held on counted.file_id = held._file_id
where counted.row_count is distinct from held.row_count
