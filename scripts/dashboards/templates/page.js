// Fills a page from its embedded data. Text of customers is only ever set as textContent.
const page = JSON.parse(document.getElementById("data").textContent);
const language = "en";

function unpack(columns) {
  const names = Object.keys(columns);
  const values = names.map((name) =>
    Array.isArray(columns[name]) ? columns[name] : columns[name].is.map((i) => columns[name].of[i]));
  return (values[0] ?? []).map((_, row) =>
    Object.fromEntries(names.map((name, i) => [name, values[i][row]])));
}

const metrics = Object.fromEntries(unpack(page.metrics).map((m) => [m.metric_name, m]));
const blocks = page.blocks.map((block) => ({ ...block, rows: unpack(block.columns) }));

// Formats

const number = (value, digits) => value.toLocaleString(language, { maximumFractionDigits: digits });
const signed = (text, value) => (value > 0 ? "+" : "") + text;
function seconds(value) {
  const size = Math.abs(value);
  if (size < 90) return `${number(value, size < 10 ? 1 : 0)} s`;
  if (size < 90 * 60) return `${number(value / 60, 1)} min`;
  if (size < 48 * 3600) return `${number(value / 3600, 1)} h`;
  return `${number(value / 86400, 1)} days`;
}
const digits = (value) => (Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 1 ? 2 : 4);
const formats = {
  share: (v) => `${number(v * 100, 1)} %`,
  signed_share: (v) => signed(`${number(v * 100, 1)} %`, v),
  count: (v) => number(v, 0),
  number: (v) => number(v, digits(v)),
  signed_number: (v) => signed(number(v, digits(v)), v),
  currency: (v) => v.toLocaleString(language, { minimumFractionDigits: 2, maximumFractionDigits: 2 }),
  seconds,
  p: (v) => (v < 0.0001 ? "< 0.0001" : number(v, 4)),
  time: (v) => String(v).slice(0, 16),
  flag: (v) => (v ? "yes" : "no"),
  text: (v) => String(v),
};
const ofUnit = {
  share: "share", currency: "currency", seconds: "seconds", conversations: "count",
};
function format(value, kind, unit) {
  if (value === null || value === undefined || value === "") return "no data";
  return formats[kind === "by_unit" ? (ofUnit[unit] ?? "number") : kind](value);
}
const isNumeric = (kind) => !["text", "time", "flag"].includes(kind);

// Elements

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "onclick") made.addEventListener("click", value);
    else if (value !== undefined && value !== false) made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

// Where a number comes from

const quoted = (value) =>
  value === null ? "null" : typeof value === "number" || typeof value === "boolean" ? String(value)
    : `'${String(value).replaceAll("'", "''")}'`;
const is = (name, value) => (value === null ? `${name} is null` : `${name} = ${quoted(value)}`);
const query = (mart, columns, conditions) =>
  `select ${columns.join(", ")}\nfrom ${mart}\nwhere ${conditions.join("\n  and ")}`;

const dialog = document.getElementById("trace");
function trace(title, parts, sql) {
  document.getElementById("trace-title").textContent = title;
  const list = element("dl");
  for (const [name, value] of parts) list.append(element("dt", {}, name), element("dd", {}, value));
  document.getElementById("trace-body").replaceChildren(
    list, element("h3", {}, "The query that gives it, on marts.duckdb"), element("pre", {}, sql));
  dialog.showModal();
}
dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });

// Filters

const period = document.getElementById("period");
const segment = document.getElementById("segment");
if (segment) {
  segment.append(element("option", { value: JSON.stringify(["all", "all"]) }, "all conversations"));
  for (const dimension of new Set(page.segments.map(([name]) => name))) {
    const group = element("optgroup", { label: dimension.replaceAll("_", " ") });
    for (const [name, value] of page.segments) {
      if (name === dimension) group.append(element("option", { value: JSON.stringify([name, value]) }, value));
    }
    segment.append(group);
  }
}
function chosen() {
  const [dimension, name] = segment ? JSON.parse(segment.value) : ["all", "all"];
  return { window_name: period ? period.value : "all", dimension, segment: name };
}
function filtered(block, filter) {
  return block.rows.filter((row) => block.filters.every((name) => row[name] === filter[name]));
}

// Blocks

function figure(block, row, definition) {
  const unit = definition.kind === "total" && definition.unit === "conversations" ? "conversations" : definition.unit;
  const shown = format(row.value, "by_unit", unit);
  const enough = definition.kind === "total" || row.sample_size >= page.minimum_sample;
  const beside = [];
  if (row.value !== null && row.previous_value !== null && row.previous_value !== 0) {
    const change = row.value / row.previous_value - 1;
    const good = definition.better_direction === "none" || change === 0 ? ""
      : (change > 0) === (definition.better_direction === "up") ? "better" : "worse";
    beside.push(element("span", { class: good },
      `${change > 0 ? "▲" : change < 0 ? "▼" : "●"} ${formats.signed_share(change)}${good ? ` (${good})` : ""}`),
      " on the period before");
  } else {
    beside.push(row.value === null ? "nothing to divide by" : "no period before");
  }
  const sql = query("metrics_by_window", ["numerator", "denominator", "value", "value_low", "value_high", "sample_size"],
    ["period = 'current'", ...["metric_name", "window_name", "dimension", "segment"].map((n) => is(n, row[n]))]);
  return element("button", {
    class: "figure", type: "button", "data-metric": row.metric_name, "data-value": row.value ?? "",
    onclick: () => trace(definition.label, [
      ["Value", shown], ["Definition", definition.definition],
      ...(definition.notes ? [["Others differ", definition.notes]] : []),
      ["Numerator", `${format(row.numerator, "number")} (sum of ${definition.numerator_measure})`],
      ["Denominator", `${format(row.denominator, "number")} (sum of ${definition.denominator_measure})`],
      ["Conversations", format(row.sample_size, "count")],
      ["95 % interval", row.value_low === null ? "none" : `${format(row.value_low, "by_unit", unit)} to ${format(row.value_high, "by_unit", unit)}`],
    ], sql),
  },
  element("span", { class: "name" }, definition.label),
  element("span", { class: "number" }, shown),
  element("span", { class: "beside" }, ...beside),
  ...(enough || row.value === null ? [] : [element("span", { class: "beside" }, `only ${row.sample_size} conversations: too few to judge`)]));
}

function drawFigures(block, filter, content) {
  const rows = Object.fromEntries(filtered(block, filter).map((row) => [row.metric_name, row]));
  content.replaceChildren(...block.metrics.map((name) => figure(block, rows[name] ?? {
    metric_name: name, ...filter, value: null, previous_value: null, numerator: 0, denominator: 0,
    sample_size: 0, value_low: null, value_high: null,
  }, metrics[name])));
}

function cell(block, row, column, conditions) {
  const shown = format(row[column.name], column.format, row.unit);
  if (!isNumeric(column.format)) return element("td", {}, shown);
  return element("td", { class: "numeric" }, element("button", {
    type: "button", "data-mart": block.mart, "data-column": column.name, "data-value": row[column.name] ?? "",
    onclick: () => trace(`${block.title}: ${column.label}`, [
      ["Value", shown], ["Definition", column.description],
      ...block.shown.filter((other) => other !== column).map((other) => [other.label, format(row[other.name], other.format, row.unit)]),
    ], query(block.mart, block.shown.map((c) => c.name), conditions)),
  }, shown));
}

function table(block, rows, filter) {
  const keys = block.keys.filter((name) => !block.shown.some((column) => column.name === name));
  const head = element("tr", {},
    ...keys.map((name) => element("th", { scope: "col" }, name.replaceAll("_", " "))),
    ...block.shown.map((column) => element("th", { scope: "col", class: isNumeric(column.format) ? "numeric" : undefined, title: column.description }, column.label)));
  const body = rows.map((row) => {
    const conditions = [block.where, ...block.filters.map((name) => is(name, filter[name])),
      ...block.keys.map((name) => is(name, row[name]))].filter((c) => c !== "true");
    const thin = block.sufficient && row[block.sufficient] === false;
    return element("tr", thin ? { class: "thin", title: "too few conversations to judge" } : {},
      ...keys.map((name, i) => element(i ? "td" : "th", i ? {} : { scope: "row" }, format(row[name], "text"))),
      ...block.shown.map((column) => cell(block, row, column, conditions.length ? conditions : ["true"])));
  });
  return element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": `Table: ${block.title}` },
    element("table", {}, element("caption", { class: "visually-hidden" }, block.title),
      element("thead", {}, head), element("tbody", {}, ...body)));
}

const dark = window.matchMedia("(prefers-color-scheme: dark)");
function chart(target, specification, rows) {
  const ink = dark.matches ? "#c9d1da" : "#414b57";
  const line = dark.matches ? "#2c343f" : "#dbe0e7";
  return window.vegaEmbed(target, { ...specification, data: undefined, datasets: { rows } , ...{ data: { name: "rows" } } }, {
    actions: false, renderer: "svg", ast: true,
    config: {
      view: { stroke: null }, font: "system-ui, DejaVu Sans, sans-serif",
      axis: { labelColor: ink, titleColor: ink, gridColor: line, domainColor: line, tickColor: line, labelFontSize: 12 },
      legend: { labelColor: ink, titleColor: ink, labelFontSize: 12 },
    },
  });
}

function drawTable(block, filter, content) {
  const rows = filtered(block, filter);
  const notes = block.withheld.length
    ? [element("p", { class: "muted" }, `What people wrote (${block.withheld.join(", ")}) is not published; set PUBLISH_CONTENT=1 to publish it.`)] : [];
  if (!rows.length) return content.replaceChildren(element("p", { class: "empty" }, block.empty), ...notes);
  if (!block.chart) return content.replaceChildren(table(block, rows, filter), ...notes);
  const target = element("div", { class: "chart", role: "img", "aria-label": `Chart: ${block.title}. The table below has its numbers.` });
  content.replaceChildren(target,
    element("details", {}, element("summary", {}, "The numbers"), table(block, rows, filter)), ...notes);
  chart(target, block.chart, rows.map((row) => ({
    ...row, row_label: block.keys.map((name) => row[name]).join(" · "),
  })));
}

function drawTrend(block, filter, content) {
  let picker = content.querySelector("select");
  if (!picker) {
    picker = element("select", {}, ...block.metrics.map((name) => element("option", { value: name }, metrics[name].label)));
    picker.addEventListener("change", () => drawTrend(block, chosen(), content));
    content.append(element("label", { class: "picker" }, "Metric ", picker), element("div", { class: "rest" }));
  }
  const definition = metrics[picker.value];
  const rows = filtered(block, filter).filter((row) => row.metric_name === picker.value && row.metric_date);
  const rest = content.querySelector(".rest");
  if (!rows.some((row) => row.value !== null)) {
    return rest.replaceChildren(element("p", { class: "empty" }, "No conversation of this segment has data for this metric."));
  }
  const future = filter.dimension === "all"
    ? unpack(block.forecasts).filter((row) => row.metric_name === picker.value) : [];
  const points = [
    ...rows.map((row) => ({ date: row.metric_date, value: row.value, is_forecast: false })),
    ...future.map((row) => ({ date: row.forecast_date, value: row.forecast, low: row.forecast_low, high: row.forecast_high, is_forecast: true })),
  ];
  const target = element("div", { class: "chart", role: "img", "aria-label": `Chart: ${definition.label} by day. The table below has its numbers.` });
  const shown = [
    { name: "value", label: definition.label, format: ofUnit[definition.unit] ?? "number", description: definition.definition },
    { name: "numerator", label: "numerator", format: "number", description: definition.numerator_measure },
    { name: "denominator", label: "denominator", format: "number", description: definition.denominator_measure },
  ];
  const days = { ...block, title: definition.label, shown, keys: ["metric_date"], where: is("metric_name", picker.value) };
  rest.replaceChildren(target,
    element("p", { class: "muted" }, future.length
      ? "Dashed: forecast with its 90 % interval." : "No forecast: for all conversations only, and only with enough history."),
    element("details", {}, element("summary", {}, "The numbers"), table(days, rows.toReversed(), filter)));
  chart(target, block.chart, points);
}

const draw = { figures: drawFigures, table: drawTable, trend: drawTrend };
function drawAll() {
  const filter = chosen();
  for (const block of blocks) {
    draw[block.kind](block, filter, document.querySelector(`#${block.id} .content`));
  }
  document.getElementById("status").textContent = segment
    ? `Showing ${period.selectedOptions[0].text}, ${segment.selectedOptions[0].text}.` : "";
}
period?.addEventListener("change", drawAll);
segment?.addEventListener("change", drawAll);
dark.addEventListener("change", drawAll);
drawAll();
document.body.dataset.drawn = "true";
