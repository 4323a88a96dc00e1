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
const blocks = page.blocks.map((block) => ({
  ...block,
  rows: unpack(block.columns).map((row) => ({ unit: metrics[row.metric_name]?.unit, ...row })),
  forecasts: block.forecasts && unpack(block.forecasts),
  weekly: block.weekly && Object.groupBy(unpack(block.weekly), (row) => row.metric_name),
  period: block.period ?? "the last 120 days",
}));

// Formats

// Made once: toLocaleString makes one a call, and there are thousands of cells.
const rounded = [0, 1, 2, 3, 4].map((digits) => new Intl.NumberFormat(language, { maximumFractionDigits: digits }));
const money = new Intl.NumberFormat(language, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const number = (value, digits) => rounded[digits].format(value);
const signed = (text, value) => (value > 0 ? "+" : "") + text;
function seconds(value) {
  const size = Math.abs(value);
  if (size < 90) return `${number(value, size < 10 ? 1 : 0)} s`;
  if (size < 90 * 60) return `${number(value / 60, 1)} min`;
  if (size < 48 * 3600) return `${number(value / 3600, 1)} h`;
  return `${number(value / 86400, 1)} days`;
}
const digits = (value) => (Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 1 ? 2 : 3);
const inWords = (value) => page.words[value] ?? metrics[value]?.label ?? String(value).replaceAll("_", " ");
const formats = {
  share: (v) => `${number(v * 100, 1)} %`,
  signed_share: (v) => signed(`${number(v * 100, 1)} %`, v),
  points: (v) => signed(`${number(v * 100, 1)} pp`, v),
  count: (v) => number(v, 0),
  number: (v) => number(v, digits(v)),
  signed_number: (v) => signed(number(v, digits(v)), v),
  currency: (v) => money.format(v),
  seconds,
  minutes: (v) => seconds(v * 60),
  p: (v) => (v < 0.0001 ? "< 0.0001" : number(v, 4)),
  time: (v) => String(v).slice(0, 16),
  flag: (v) => (v ? "yes" : "no"),
  text: String,
  path: (v) => String(v).replaceAll(" > ", " → "),
  code: inWords,
  badge: inWords,
};
const ofUnit = { share: "share", currency: "currency", seconds: "seconds", minutes: "minutes", conversations: "count" };
const missing = (value) => value === null || value === undefined || value === "";
const formatOf = (kind, unit) => (kind === "by_unit" ? (ofUnit[unit] ?? "number")
  : kind === "signed_by_unit" ? (unit === "share" ? "points" : "signed_number") : kind);
function format(value, kind, unit, whenNull = "no data") {
  return missing(value) ? whenNull : formats[formatOf(kind, unit)](value);
}
const isNumeric = (kind) => !["text", "time", "flag", "path", "code", "badge"].includes(kind);
function range(low, high, kind, unit) {
  return missing(low) || missing(high) ? "" : `${format(low, kind, unit)} to ${format(high, kind, unit)}`;
}
const goodWords = ["ok", "attained", "better", "resolved", "successful", "done", "usual", "ship"];
const badWords = ["firing", "fired", "missed", "worse", "failed", "critical", "high", "interrupted", "unusually low", "unusually high"];
const tone = (value) => (goodWords.includes(value) ? "good" : badWords.includes(value) ? "bad" : "plain");

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
  `select ${[...new Set(columns)].join(", ")}\nfrom ${mart}${conditions.length ? `\nwhere ${conditions.join("\n  and ")}` : ""}`;

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
    const group = element("optgroup", { label: inWords(dimension) });
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
// What a block covers: it may follow one of the filters only, or none.
function scope(block, filter) {
  const time = block.filters.includes("window_name") ? period.selectedOptions[0].text : block.period;
  const who = block.filters.includes("segment") && filter.dimension !== "all"
    ? `${inWords(filter.dimension)}: ${filter.segment}` : segment ? "all conversations" : "";
  return [time, who].filter(Boolean).join(" · ");
}

// Blocks

// How a value moved. There is no verdict without two intervals that lie apart.
function movement(row, definition, unit) {
  if (row.value === null) return [definition.kind === "total" ? "no conversation of this kind" : "nothing to divide by"];
  if (row.previous_value === null || row.previous_value === undefined) return ["no period before"];
  const change = row.value - row.previous_value;
  const text = unit === "share" ? formats.points(change)
    : unit === "score" || row.previous_value === 0 ? formats.signed_number(change)
      : formats.signed_share(change / row.previous_value);
  const known = row.value_low !== null && row.previous_low !== null;
  const overlap = known && row.value_low <= row.previous_high && row.previous_low <= row.value_high;
  const verdict = change === 0 || !known || definition.better_direction === "none" ? ""
    : overlap ? "may be chance" : (change > 0) === (definition.better_direction === "up") ? "better" : "worse";
  const sign = change > 0 ? "▲" : change < 0 ? "▼" : "●";
  return [element("span", { class: tone(verdict) }, `${sign} ${text}${verdict ? `, ${verdict}` : ""}`)];
}

function sparkline(values) {
  const known = values.filter((value) => value !== null);
  if (known.length < 3) return [];
  const low = Math.min(...known);
  const high = Math.max(...known);
  const points = values.flatMap((value, i) => (value === null ? []
    : [`${(i / (values.length - 1)) * 100},${22 - ((value - low) / (high - low || 1)) * 20}`]));
  const picture = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const line = document.createElementNS("http://www.w3.org/2000/svg", "polyline");
  for (const [key, value] of [["viewBox", "0 0 100 24"], ["preserveAspectRatio", "none"], ["class", "spark"], ["aria-hidden", "true"]]) picture.setAttribute(key, value);
  line.setAttribute("points", points.join(" "));
  picture.append(line);
  return [picture];
}

function figure(block, row, definition, filter) {
  const unit = definition.unit;
  const shown = format(row.value, "by_unit", unit);
  const enough = definition.kind === "total" || row.sample_size >= page.minimum_sample;
  const interval = range(row.value_low, row.value_high, "by_unit", unit);
  const beside = row.value !== null && !enough
    ? [`only ${number(row.sample_size, 0)} conversations: too few to judge`] : movement(row, definition, unit);
  const sql = `${query("metrics_by_window",
    ["period", "value", "numerator", "denominator", "value_low", "value_high", "sample_size"],
    ["metric_name", "window_name", "dimension", "segment"].map((name) => is(name, row[name])))}\norder by period`;
  return element("button", {
    class: "figure", type: "button", "data-mart": "metrics_by_window", "data-column": "value", "data-value": row.value ?? "",
    onclick: () => trace(definition.label, [
      ["Value", shown], ["Definition", definition.definition],
      ...(definition.notes ? [["Others differ", definition.notes]] : []),
      ["Numerator", `${format(row.numerator, "number")} (sum of ${definition.numerator_measure})`],
      ["Denominator", `${format(row.denominator, "number")} (sum of ${definition.denominator_measure})`],
      ["Sample", `${format(row.sample_size, "count")} conversations${enough ? "" : `, fewer than the ${page.minimum_sample} that a verdict needs`}`],
      ["95 % interval", interval || "none: a count or a sum, or too few conversations"],
      ["Period before", format(row.previous_value, "by_unit", unit)],
    ], sql),
  },
  element("span", { class: "name" }, definition.label),
  element("span", { class: "number" }, shown),
  element("span", { class: "beside" }, ...beside),
  element("span", { class: "beside" }, interval && enough ? `95 %: ${interval}` : ""),
  ...(filter.dimension === "all" ? sparkline((block.weekly[row.metric_name] ?? []).map((week) => week.value)) : []));
}

function drawFigures(block, filter, content) {
  const rows = Object.fromEntries(filtered(block, filter).map((row) => [row.metric_name, row]));
  content.replaceChildren(...block.metrics.map((name) => figure(block, rows[name] ?? {
    metric_name: name, ...filter, value: null, previous_value: null, numerator: null, denominator: null,
    sample_size: null, value_low: null, value_high: null,
  }, metrics[name], filter)));
  const lines = content.querySelector(".spark") ? "Lines: the last nine weeks. " : "";
  content.append(element("p", { class: "legend" }, `${lines}Press a figure for what it is made of.`));
}

const columnsOf = (column) => [column.name, ...column.of, ...column.interval];
function small(row, column) {
  const of = column.of.length && !missing(row[column.of[1]])
    ? `${format(row[column.of[0]], "number")} of ${format(row[column.of[1]], "number")}` : "";
  return [of, range(row[column.interval[0]], row[column.interval[1]], column.format, row.unit)].filter(Boolean);
}
function cell(block, row, column, conditions, first) {
  const value = row[column.name];
  const shown = format(value, column.format, row.unit, column.null);
  if (column.format === "badge") {
    return element("td", {}, missing(value) ? column.null : element("span", { class: `badge ${tone(value)}` }, shown));
  }
  if (!isNumeric(column.format)) {
    return element(first ? "th" : "td", { scope: first ? "row" : undefined, class: missing(value) ? "missing" : column.format }, shown);
  }
  if (shown === "") return element("td", {});
  const details = small(row, column);
  return element("td", { class: "numeric" }, element("button", {
    type: "button", class: missing(value) ? "missing" : undefined,
    "data-mart": block.mart, "data-column": column.name, "data-value": value ?? "",
    onclick: () => trace(`${block.title}: ${column.label}`, [
      ["Value", shown], ["Definition", column.description],
      ...(column.of.length ? [["Numerator", format(row[column.of[0]], "number")], ["Denominator", format(row[column.of[1]], "number")]] : []),
      ...(column.interval.length ? [["95 % interval", range(row[column.interval[0]], row[column.interval[1]], column.format, row.unit) || "none"]] : []),
      ...block.shown.filter((other) => other !== column).map((other) => [other.label, format(row[other.name], other.format, row.unit, other.null)]),
    ], query(block.mart, block.shown.flatMap(columnsOf), conditions)),
  }, shown), ...details.map((text) => element("span", { class: "small" }, text)));
}

function table(block, rows, filter) {
  const head = element("tr", {}, ...block.shown.map((column) =>
    element("th", { scope: "col", class: isNumeric(column.format) ? "numeric" : undefined, title: column.description }, column.label)));
  const body = rows.map((row) => {
    const conditions = [block.where, ...block.filters.map((name) => is(name, filter[name])),
      ...block.keys.map((name) => is(name, row[name]))].filter((condition) => condition !== "true");
    const thin = block.sufficient && row[block.sufficient] === false;
    return element("tr", thin ? { class: "thin" } : {},
      ...block.shown.map((column, i) => cell(block, row, column, conditions, i === 0)));
  });
  return element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": `Table: ${block.title}` },
    element("table", {}, element("caption", { class: "visually-hidden" }, block.title),
      element("thead", {}, head), element("tbody", {}, ...body)));
}

const dark = window.matchMedia("(prefers-color-scheme: dark)");
const charts = [];
function chart(target, specification, rows) {
  const ink = dark.matches ? "#c9d1da" : "#414b57";
  const line = dark.matches ? "#2c343f" : "#e3e7ed";
  const text = JSON.stringify(specification);
  const colored = JSON.parse(dark.matches ? text.replaceAll("#0072b2", "#56b4e9") : text);
  const made = window.vegaEmbed(target, { ...colored, datasets: { rows } }, {
    actions: false, renderer: "svg", ast: true,
    config: {
      numberFormat: rows[0].unit === "share" ? ".0%" : undefined,
      view: { stroke: null }, font: "system-ui, DejaVu Sans, sans-serif",
      axis: { labelColor: ink, titleColor: ink, gridColor: line, domainColor: line, tickColor: line, labelFontSize: 12, titleFontWeight: "normal" },
      legend: { labelColor: ink, titleColor: ink, labelFontSize: 12, titleFontWeight: "normal" },
    },
  });
  // The target is the image, and the table its alternative: its parts have no roles.
  charts.push(made.then(() => {
    for (const part of target.querySelectorAll("[role]")) {
      for (const name of ["role", "aria-label", "aria-roledescription"]) part.removeAttribute(name);
    }
  }));
}
const picture = (title) => element("div", { class: "chart", role: "img", "aria-label": `Chart: ${title}. The table below has its numbers.` });
const numbers = (content, open = false) => element("details", open ? { open: "" } : {}, element("summary", {}, "The numbers"), content);

// The select that chooses a metric of a block, made once.
function picker(block, content, redraw) {
  let made = content.querySelector("select");
  if (!made) {
    made = element("select", {}, ...block.metrics.map((name) => element("option", { value: name }, metrics[name].label)));
    made.addEventListener("change", () => redraw(block, chosen(), content));
    content.append(element("label", { class: "picker" }, "Metric ", made), element("div", { class: "rest" }));
  }
  return made.value;
}

function drawTable(block, filter, content) {
  let rows = filtered(block, filter);
  let rest = content;
  if (block.metrics.length) {
    const metric = picker(block, content, drawTable);
    rows = rows.filter((row) => row.metric_name === metric);
    rest = content.querySelector(".rest");
  }
  const notes = [];
  if (block.withheld.length) {
    notes.push(element("p", { class: "legend" },
      `Not published, because people write it: ${block.withheld.join(", ").toLowerCase()}. `
      + "make refresh with PUBLISH_CONTENT=1 publishes it, for a folder that only those may read who may read conversations."));
  }
  if (block.rows.length === 0 && block.withheld.length) return rest.replaceChildren(...notes);
  if (!rows.length) return rest.replaceChildren(element("p", { class: "empty" }, block.empty), ...notes);
  if (block.sufficient && rows.some((row) => row[block.sufficient] === false)) {
    notes.push(element("p", { class: "legend" }, `Grey rows: fewer than ${page.minimum_sample} conversations or too few to judge.`));
  }
  if (!block.chart) return rest.replaceChildren(table(block, rows, filter), ...notes);
  const target = picture(block.title);
  rest.replaceChildren(target, numbers(table(block, rows, filter), block.is_table_open), ...notes);
  const codes = block.shown.filter((column) => column.format === "code").map((column) => column.name);
  chart(target, block.chart, rows.map((row) => ({
    ...row, ...Object.fromEntries(codes.map((name) => [name, inWords(row[name])])),
    row_label: block.chart_label.map((name) => inWords(row[name])).join(" · "),
  })));
}

function drawTrend(block, filter, content) {
  const metric = picker(block, content, drawTrend);
  const definition = metrics[metric];
  const rows = filtered(block, filter).filter((row) => row.metric_name === metric && row.metric_date);
  const rest = content.querySelector(".rest");
  if (!rows.some((row) => row.value !== null)) {
    return rest.replaceChildren(element("p", { class: "empty" }, "No conversation of this segment has data for this metric."));
  }
  const future = filter.dimension === "all" ? block.forecasts.filter((row) => row.metric_name === metric) : [];
  const points = [
    ...rows.map((row) => ({ unit: definition.unit, date: row.metric_date, value: row.value, is_forecast: false })),
    ...future.map((row) => ({ date: row.forecast_date, value: row.forecast, low: row.forecast_low, high: row.forecast_high, is_forecast: true })),
  ];
  const target = picture(`${definition.label} by day`);
  const days = {
    ...block, mart: "metrics_daily", title: definition.label, keys: ["metric_date"], where: is("metric_name", metric),
    shown: [
      { name: "metric_date", label: "Day", format: "time", of: [], interval: [] },
      {
        name: "value", label: definition.label, format: formatOf("by_unit", definition.unit),
        description: definition.definition, of: ["numerator", "denominator"], interval: [],
      },
    ],
  };
  rest.replaceChildren(target,
    element("p", { class: "legend" }, future.length ? "Dashed: forecast with its 90 % interval."
      : "No forecast: there is one for all conversations only, and only with enough history."),
    numbers(table(days, rows.toReversed(), filter)));
  chart(target, block.chart, points);
}

const draw = { figures: drawFigures, table: drawTable, trend: drawTrend };
function drawAll() {
  const filter = chosen();
  for (const block of blocks) {
    const section = document.getElementById(block.id);
    section.querySelector(".scope").textContent = scope(block, filter);
    draw[block.kind](block, filter, section.querySelector(".content"));
  }
  document.getElementById("status").textContent = period
    ? `Showing ${[period, segment].filter(Boolean).map((made) => made.selectedOptions[0].text).join(", ")}.` : "";
}
period?.addEventListener("change", drawAll);
segment?.addEventListener("change", drawAll);
dark.addEventListener("change", drawAll);
drawAll();
Promise.all(charts).then(() => { document.body.dataset.drawn = "true"; });
