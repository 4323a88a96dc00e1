-- What the macros of macros/engine give, on whichever engine this runs: (macro, what it
-- gives, what it has to give).
{%- set nested = text_literal(
    '{"a":{"b":"x\\ny\\"z","n":null,"f":[1,2]},"t":true,"d":2.50,"k e.y":"v"}'
) %}
{%- set doubly_quoted = text_literal('"{\\"reply\\":\\"x\\"}"') %}
{%- set cases = [
    ("days_before", days_before("date '2026-03-01'", 1), "date '2026-02-28'"),
    ("edit_distance", edit_distance("'東京へ'", "'京東へ'"), "2"),
    ("edit_distance", edit_distance("''", "'aé😀'"), "3"),
    ("edit_distance", edit_distance("'a'", "cast(null as string)"), "null"),
    ("hour_of", hour_of("timestamp '2026-01-01 23:59:59'"), "23"),
    (
        "in_time_zone", in_time_zone("timestamp '2026-07-01 22:30:00'", "Europe/Berlin"),
        "timestamp '2026-07-02 00:30:00'",
    ),
    (
        "in_time_zone", in_time_zone("timestamp '2026-01-01 22:30:00'", "America/New_York"),
        "timestamp '2026-01-01 17:30:00'",
    ),
    ("integer_sequence", list_count(integer_sequence("3", "5")), "3"),
    ("integer_sequence", "coalesce(" ~ list_count(integer_sequence("5", "3")) ~ ", 0)", "0"),
    ("iso_weekday", iso_weekday("timestamp '2026-01-04 23:00:00'"), "7"),
    ("iso_weekday", iso_weekday("timestamp '2026-01-05 00:00:00'"), "1"),
    ("json_boolean", json_boolean(text_literal('"True"')), "true"),
    ("json_boolean", json_boolean("'0'"), "false"),
    ("json_boolean", json_boolean("'2'"), "null"),
    (
        "json_canonical",
        json_canonical(text_literal('{"b":{"y":1,"x":"q"},"a":2.0,"c":null}')),
        text_literal('{"a":2.0,"b":{"x":"q","y":1},"c":null}'),
    ),
    ("json_get", json_get(nested, "$.a.b"), text_literal('"x\\ny\\"z"')),
    ("json_get", json_get(nested, "$.a.f"), "'[1,2]'"),
    ("json_get", json_get(nested, "$.a.n"), "'null'"),
    ("json_get", json_get(nested, "$.a.c"), "null"),
    ("json_get", json_get(nested, "$.d"), "'2.5'"),
    ("json_get_text", json_get_text(nested, "$.a.b"), text_literal('x\ny"z')),
    ("json_get_text", json_get_text(nested, "$.a"), "null"),
    ("json_get_text", json_get_text(nested, "$.t"), "'true'"),
    ("json_kind", json_kind(json_get(nested, "$.t")), "'boolean'"),
    ("json_kind", json_kind("'-1'"), "'number'"),
    (
        "json_list_texts",
        json_list_texts(text_literal('[{"s":"a"},"{",{"s":null},{"s":"b"},3]'), "s"),
        "'a  b'",
    ),
    ("json_list_texts", json_list_texts("'[]'", "s"), "''"),
    ("json_number", json_number(text_literal('" 1e3 "')), "1000"),
    ("json_number", json_number("'true'"), "1"),
    ("json_number", json_number(text_literal('"12d"')), "null"),
    ("json_property", json_property(nested, "'k e.y'"), text_literal('"v"')),
    ("json_property", json_property(text_literal('{"k":null}'), "'k'"), "'null'"),
    ("json_property", json_property(nested, "'none'"), "null"),
    ("json_record", json_record(nested, {"t": "text", "d": "json"}) ~ ".t", "'true'"),
    ("json_record", json_record(nested, {"t": "text", "d": "json"}) ~ ".d", "'2.5'"),
    ("json_record", json_record("'[1]'", {"t": "text", "d": "json"}) ~ ".t", "null"),
    ("json_text", json_text(text_literal('"a\\u00e9"')), "'aé'"),
    ("json_text", json_text("'null'"), "null"),
    ("json_unwrap", json_unwrap(doubly_quoted), text_literal('{"reply":"x"}')),
    ("json_unwrap", json_unwrap(text_literal('"{\\"a\\":1} x"')), "null"),
    ("json_unwrap", json_unwrap(text_literal('"oops"')), "null"),
    ("json_unwrap", json_unwrap("'[1]'"), "'[1]'"),
    ("fingerprint", fingerprint(["'a'", "'b'"]) ~ " = " ~ fingerprint(["'a'", "'b'"]), "true"),
    ("fingerprint", fingerprint(["'a'", "'b'"]) ~ " = " ~ fingerprint(["'b'", "'a'"]), "false"),
    ("last_path_segment", last_path_segment("'a/b/c//'"), "'c'"),
    ("last_path_segment", last_path_segment("'c'"), "'c'"),
    ("list_count", list_count(list_of(["'a'", "null", "'b'"])), "2"),
    ("list_first", list_first(list_of(["'a'", "'b'"])), "'a'"),
    ("list_first", list_first(integer_sequence("5", "3")), "null"),
    ("list_of", list_of(["1", "2"]), list_of(["1", "2"])),
    (
        "message_template",
        message_template(
            "'Hi  Anna Müller, see www.a.de/x?y=1 or mail a.b@c.io before 10:30 on 1,000.'"
        ),
        "'hi <name>, see <url> or mail <email> before <number> on <number>.'",
    ),
    ("message_template", message_template("'  '"), "null"),
    (
        "micros_to_timestamp", micros_to_timestamp("1500000"),
        "timestamp '1970-01-01 00:00:01.5'",
    ),
    ("micros_to_timestamp", micros_to_timestamp("300000000000000000"), "null"),
    (
        "nanos_to_timestamp", nanos_to_timestamp("1700000000123456789"),
        "timestamp '2023-11-14 22:13:20.123456'",
    ),
    ("pattern_matches", pattern_matches("'axb'", "'a.b'"), "true"),
    ("pattern_matches", pattern_matches("'well'", "'Yes?'"), "false"),
    ("raise_error", "case when 1 = 2 then " ~ raise_error("'never'") ~ " end", "null"),
    ("struct_of", struct_of({"a": "1", "b": "'x'"}) ~ ".b", "'x'"),
    ("text_literal", text_literal("it's \\ 'so'"), "'it''s ' || chr(92) || ' ''so'''"),
    (
        "text_to_timestamp", text_to_timestamp("' 2026-01-02T03:04:05.1234567+02:00'"),
        "timestamp '2026-01-02 01:04:05.123456'",
    ),
    (
        "text_to_timestamp", text_to_timestamp("'2026-01-02 03:04:05 UTC'"),
        "timestamp '2026-01-02 03:04:05'",
    ),
    ("text_to_timestamp", text_to_timestamp("'2026-02-30 03:04:05'"), "null"),
    ("text_to_timestamp", text_to_timestamp("'2026-01-02'"), "null"),
    (
        "timestamp_to_micros", timestamp_to_micros("timestamp '1969-12-31 23:59:59.5'"),
        "-500000",
    ),
    ("try_double", try_double("' -.5e1 '"), "-5"),
    ("try_double", try_double("'1e999'"), "null"),
    ("try_double", try_double("'nan'"), "null"),
] %}

{#- The same of aggregates over the rows of `given`. #}
{%- set aggregates = [
    ("collect_in_order", collect_in_order("word", "place"), list_of(["'b'", "'a'"])),
    ("collect_in_order", collect_in_order("nothing", "place"), "null"),
    ("join_in_order", join_in_order("word", " > ", "place"), "'b > a'"),
    ("pattern_matches", "count(matches_no_pattern)", "0"),
    ("pattern_matches", "count(case when matches_pattern then 1 end)", "1"),
    ("percentile", percentile("place", 0.75), "2.5"),
    ("percentile", percentile("nothing", 0.5), "null"),
    ("sum_in_order", sum_in_order("amount", "place"), "1e16"),
    ("sum_in_order", sum_in_order("amount", "place desc"), "10000000000000002e0"),
    ("sum_in_order", sum_in_order("nothing", "place"), "null"),
] %}

{%- set rows = [
    {"condition": "place > 1", "columns": {"kind": "'late'", "value": "amount"}},
    {"condition": "word = 'b'", "columns": {"kind": "'b'", "value": "place + amount"}},
] %}

with given as (

    select
        listed.place,
        listed.word,
        cast(listed.amount as double) as amount,
        cast(null as double) as nothing,
        {{ pattern_matches("'ab'", "listed.word || '('") }} as matches_no_pattern,
        {{ pattern_matches("'ac'", "listed.word || '.?c'") }} as matches_pattern
    from (values (3, 'a', 1), (1, 'b', 1e16), (2, null, 1)) as listed (place, word, amount)

),

opened as (

    select
        word,
        position
    from (select {{ list_of(["'a'", "null", "'c'"]) }} as words) as lists
    {{ unnest_with_position("lists.words", "word", "position") }}

),

split as (
    {{ split_rows("given", ["place"], rows) }}
),

found as (
    {% for macro_name, gives, expected in cases %}
    select
        '{{ macro_name }}' as macro_name,
        {{ loop.index }} as case_number
    where {{ gives }} is distinct from {{ expected }}
    union all
    {%- endfor %}
    {%- for macro_name, gives, expected in aggregates %}
    select
        '{{ macro_name }}' as macro_name,
        {{ loop.index }} as case_number
    from given
    having {{ gives }} is distinct from {{ expected }}
    union all
    {%- endfor %}
    select
        'unnest_with_position' as macro_name,
        1 as case_number
    from opened
    having {{ join_in_order("cast(position as string) || coalesce(word, '-')", "", "position") }}
        is distinct from '1a2-3c'
    union all
    select
        'split_rows' as macro_name,
        1 as case_number
    from split
    having {{ join_in_order("kind || cast(cast(value as bigint) as string)", " ", "place, kind") }}
        is distinct from 'b10000000000000000 late1 late1'

)

select * from found
