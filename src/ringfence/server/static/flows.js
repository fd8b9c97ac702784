// Draws connections by hour. The page says the same in a table, and works without this.
"use strict";
(() => {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  let drawn = null;

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const text = (milliseconds) => `${new Date(milliseconds).toISOString().slice(0, 16).replace("T", " ")} UTC`;

  const options = (data) => {
    const quiet = colour("--quiet");
    const ink = colour("--ink");
    const line = colour("--line");
    const series = (name, column, fill, pattern) => ({
      name,
      type: "bar",
      stack: "all",
      barCategoryGap: "15%",
      barMaxWidth: 40,
      itemStyle: { color: fill, decal: pattern },
      emphasis: { focus: "none" },
      data: data.hours.map((hour) => [hour[0], hour[column]]),
    });
    const shown = [series("passed", 1, colour("--link")), series("denied", 2, colour("--bad"))];
    if (data.hours.some((hour) => hour[3])) shown.push(series("other", 3, quiet));
    const edge = 3600000;
    shown[0].markArea = {
      silent: true,
      itemStyle: { color: line, opacity: 0.5 },
      data: data.hours.filter((hour) => !hour[4]).map((hour) => [{ xAxis: hour[0] }, { xAxis: hour[0] + edge }]),
    };
    shown[0].markLine = {
      symbol: ["none", "triangle"],
      symbolSize: 8,
      lineStyle: { color: colour("--careful"), type: "dashed", width: 1.5 },
      label: { show: false },
      tooltip: { formatter: (mark) => `${text(mark.data.xAxis)}\n${mark.data.name}` },
      data: data.changes.map(([time, name]) => ({ xAxis: time, name })),
    };
    return {
      animation: !still.matches && !matchMedia("print").matches,
      useUTC: true,
      aria: { enabled: false },
      textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: ink },
      grid: { left: 8, right: 16, top: 36, bottom: 8, containLabel: true },
      legend: { left: 0, top: 0, itemWidth: 14, itemHeight: 10, textStyle: { color: ink }, data: shown.map((each) => each.name) },
      tooltip: {
        trigger: "axis",
        renderMode: "richText",
        axisPointer: { type: "shadow" },
        backgroundColor: colour("--raised"),
        borderColor: line,
        textStyle: { color: ink },
        formatter: (rows) => [text(rows[0].value[0]), ...rows.map((row) => `${row.seriesName}: ${row.value[1].toLocaleString("en")}`)].join("\n"),
      },
      xAxis: { type: "time", axisLine: { lineStyle: { color: line } }, axisLabel: { color: quiet, hideOverlap: true }, splitLine: { show: false } },
      yAxis: { type: "value", minInterval: 1, axisLabel: { color: quiet }, splitLine: { lineStyle: { color: line } } },
      series: shown,
    };
  };

  const draw = () => {
    const place = document.querySelector("[data-chart]");
    if (drawn && drawn.getDom() !== place) {
      drawn.dispose();
      drawn = null;
    }
    if (!place || !window.echarts) return;
    const data = JSON.parse(document.getElementById(place.dataset.chart).textContent);
    if (!drawn) {
      drawn = echarts.init(place, null, { renderer: "canvas" });
      place.setAttribute("role", "img");
      const total = (column) => data.hours.reduce((sum, hour) => sum + hour[column], 0).toLocaleString("en");
      place.setAttribute("aria-label", `Connections by hour: ${total(1)} passed, ${total(2)} denied. The table below has them.`);
      drawn.on("click", (event) => {
        if (event.componentType !== "series") return;
        const stamp = (time) => `${new Date(time).toISOString().slice(0, 19)}Z`;
        const asked = new URL(location.href);
        asked.searchParams.delete("window");
        asked.searchParams.set("since", stamp(event.value[0]));
        asked.searchParams.set("until", stamp(event.value[0] + 3599000));
        location.assign(asked);
      });
    }
    drawn.setOption(options(data), true);
  };

  draw();
  dark.addEventListener("change", draw);
  // Paper has colours of its own, and no next frame to draw them in.
  matchMedia("print").addEventListener("change", () => { draw(); if (drawn) drawn.getZr().flush(); });
  addEventListener("resize", () => drawn && drawn.resize());
  addEventListener("beforeprint", () => drawn && drawn.resize());
  document.addEventListener("htmx:afterSettle", draw);
})();
