-- An event that were both an inbound and an outbound message would count twice.
select
    event_key,
    count(*) as message_count
from {{ ref("stg_sales_bot__event_roles") }}
where role in ('inbound_message', 'outbound_message')
group by event_key
having count(*) > 1
