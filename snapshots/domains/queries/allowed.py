"""What a query may be: one SELECT on known tables, of functions that depend on their arguments alone."""

from __future__ import annotations

import json
from collections.abc import Iterator, Set
from typing import Any

QUERY_NODES = {"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"}
SOURCES = {"EMPTY", "BASE_TABLE", "SUBQUERY", "JOIN", "EXPRESSION_LIST", "TABLE_FUNCTION", "CTE"}
TABLE_FUNCTIONS = {"range", "generate_series", "unnest"}
# Names without parentheses that DuckDB takes for functions of the clock, the session or the user.
HIDDEN_FUNCTIONS = {
    *("current_date", "current_time", "current_timestamp", "localtime", "localtimestamp", "current_user"),
    *("current_role", "current_catalog", "current_schema", "current_database", "session_user", "user"),
}
# Aggregates and windows; numbers; texts; days and times; values, lists and structs.
FUNCTIONS = frozenset(
    """
    any_value arbitrary arg_max arg_min argmax argmin array_agg avg bit_and bit_or bit_xor bool_and bool_or corr
    count count_if count_star countif covar_pop covar_samp cume_dist dense_rank entropy favg first first_value
    fsum geomean geometric_mean group_concat histogram kahan_sum kurtosis lag last last_value lead list listagg
    mad max max_by mean median min min_by mode nth_value ntile percent_rank product quantile quantile_cont
    quantile_disc rank regr_avgx regr_avgy regr_count regr_intercept regr_r2 regr_slope regr_sxx regr_sxy
    regr_syy row_number sem skewness stddev stddev_pop stddev_samp string_agg sum sumkahan var_pop var_samp
    variance wavg weighted_avg

    abs acos add asin atan atan2 bar bit_count cbrt ceil ceiling cos cot degrees divide even exp factorial fdiv
    floor fmod gcd greatest greatest_common_divisor isfinite isinf isnan lcm least least_common_multiple ln log
    log10 log2 mod multiply nextafter pi pow power radians round round_even roundbankers sign signbit sin sqrt
    subtract tan trunc width_bucket xor

    ascii bit_length char_length character_length chr concat concat_ws contains damerau_levenshtein editdist3
    ends_with format hamming hex ilike_escape instr jaccard jaro_similarity jaro_winkler_similarity lcase left
    len length levenshtein like_escape lower lpad ltrim md5 mismatches not_ilike_escape not_like_escape
    octet_length ord position prefix printf regexp_escape regexp_extract regexp_extract_all regexp_full_match
    regexp_matches regexp_replace regexp_split_to_array repeat replace reverse right rpad rtrim sha256 split
    split_part starts_with str_split str_split_regex string_split string_split_regex string_to_array
    strip_accents strlen strpos substr substring suffix translate trim ucase unicode upper

    century date_add date_diff date_part date_sub date_trunc datediff datepart datesub datetrunc day dayname
    dayofmonth dayofweek dayofyear days_in_month decade epoch epoch_ms epoch_us era hour isodow isoyear julian
    last_day make_date make_time make_timestamp microsecond millennium millisecond minute month monthname
    quarter second strftime strptime time_bucket to_days to_hours to_minutes to_months to_quarters to_seconds
    to_weeks to_years try_strptime week weekday weekofyear year yearweek

    alias array_concat array_contains array_distinct array_extract array_filter array_has array_length
    array_position array_reverse_sort array_slice array_sort array_to_string array_transform array_unique
    array_value can_cast_implicitly cardinality coalesce constant_or_null element_at flatten generate_series
    generate_subscripts if ifnull list_aggr list_aggregate list_append list_apply list_avg list_concat
    list_contains list_count list_distinct list_element list_extract list_filter list_first list_has
    list_indexof list_last list_max list_median list_min list_position list_prepend list_product list_reduce
    list_reverse list_reverse_sort list_slice list_sort list_sum list_transform list_unique list_value
    list_where list_zip map map_contains map_entries map_extract map_from_entries map_keys map_values nullif
    range row struct_extract struct_insert struct_pack typeof union_value unnest
    """.split()
)
LIMIT_SQL_CHARS = 10_000


class NotAllowed(ValueError):
    """A query that may not run; the message says what of it and what may be done instead."""


def check(serialized: str, tables: Set[str], schema: str) -> None:
    """Refuse a query that is more than one SELECT on the tables, or whose result may not be the same each time.

    Args:
        serialized: What DuckDB's ``json_serialize_sql`` made of it.
        tables: The tables that it may read.
        schema: The schema that they are in, by which a query may name them.

    Raises:
        NotAllowed: It is, or may be.
    """
    parsed = json.loads(serialized)
    if parsed.get("error"):
        no_select = parsed.get("error_type") == "not implemented"
        raise NotAllowed("give one SELECT statement: the data are only read" if no_select else parsed["error_message"])
    if len(parsed["statements"]) != 1:
        raise NotAllowed(f"{len(parsed['statements'])} statements came: give one SELECT statement")
    nodes = list(_nodes(parsed["statements"]))
    known = {*tables, *(entry["key"] for node in nodes for entry in (node.get("cte_map") or {}).get("map", ()))}
    for node in nodes:
        _check_node(node, {name.lower() for name in known}, schema)


def _check_node(node: dict[str, Any], known: Set[str], schema: str) -> None:
    kind = node.get("type")
    if "cte_map" in node and kind not in QUERY_NODES:
        raise NotAllowed(f"{str(kind).removesuffix('_QUERY_NODE')} is not allowed: the data are only read")
    if node.get("sample") is not None:
        raise NotAllowed("a sample is drawn by chance: order the rows and LIMIT them")
    if "alias" in node and "sample" in node and "class" not in node and "cte_map" not in node:
        _check_source(node, str(kind), known, schema)
    if node.get("class") in ("FUNCTION", "WINDOW"):
        name = str(node.get("function_name", "")).lower()
        if name.replace("_", "").isalnum() and name not in FUNCTIONS | TABLE_FUNCTIONS:
            raise NotAllowed(f"the function {name}() is not allowed here")
    if node.get("class") == "COLUMN_REF":
        names = node["column_names"]
        if len(names) == 1 and names[0].lower() in HIDDEN_FUNCTIONS:
            raise NotAllowed(
                f"{names[0]} is not allowed: write the day or the time that you mean, as DATE '2026-03-02'"
            )


def _check_source(node: dict[str, Any], kind: str, known: Set[str], schema: str) -> None:
    if kind not in SOURCES:
        raise NotAllowed(f"{kind} is not allowed: read from the tables {', '.join(sorted(known))}")
    if kind == "TABLE_FUNCTION":
        name = str(node.get("function", {}).get("function_name", "")).lower()
        if name not in TABLE_FUNCTIONS:
            raise NotAllowed(f"{name}() is not allowed: read from the tables {', '.join(sorted(known))}")
    if kind == "BASE_TABLE":
        name, of, catalog = (str(node.get(key) or "") for key in ("table_name", "schema_name", "catalog_name"))
        if name.lower() not in known or of.lower() not in ("", schema) or catalog:
            raise NotAllowed(f"there is no table {name!r}; the tables are {', '.join(sorted(known))}")


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    """Every object within a tree; without recursion, for a query may be nested deeply."""
    left = [tree]
    while left:
        one = left.pop()
        if isinstance(one, dict):
            yield one
            left.extend(one.values())
        elif isinstance(one, list):
            left.extend(one)
