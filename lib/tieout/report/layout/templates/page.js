"use strict";
// Draws the charts from the JSON beside them, sorts and saves tables, marks where one reads.
(function () {
  const settings = { displaylogo: false, responsive: true, displayModeBar: false, doubleClick: false };
  const plots = [];
  document.querySelectorAll("script[data-chart]").forEach((holder) => {
    const place = document.getElementById(holder.dataset.chart);
    const figure = JSON.parse(holder.textContent);
    Plotly.newPlot(place, figure.data, figure.layout, settings);
    plots.push(place);
  });

  // A chart drawn for the screen is too wide for paper.
  const fit = (width) => plots.forEach((place) => Plotly.relayout(place, width ? { width: width, autosize: false } : { width: null, autosize: true }));
  window.addEventListener("beforeprint", () => fit(680));
  window.addEventListener("afterprint", () => fit(0));

  const tableOf = (button) => button.closest(".block").querySelector("table");

  // Rows beyond the first few, on demand.
  document.querySelectorAll("button.more").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", () => {
      tableOf(button).classList.add("all");
      button.remove();
    });
  });

  // A table as CSV: numbers as they are, and no text that a spreadsheet would run as a formula.
  const value = (cell) => ("v" in cell.dataset ? cell.dataset.v : cell.textContent.trim());
  const safe = (text) => (/^[=+\-@\t\r]/.test(text) && !/^[+-]?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text) ? "'" + text : text);
  const line = (row) => Array.from(row.cells, (cell) => '"' + safe(value(cell)).replace(/"/g, '""') + '"').join(",");
  document.querySelectorAll("button.csv").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", () => {
      const table = tableOf(button);
      const text = "\ufeff" + Array.from(table.rows, line).join("\r\n") + "\r\n";
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
      link.download = button.dataset.name.toLowerCase().replace(/[^a-z0-9]+/g, "_") + ".csv";
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    });
  });

  // A heading sorts its table: largest or first on the first press, the other way round on the second.
  const sort = (table, column, down) => {
    const body = table.tBodies[0];
    const keyed = Array.from(body.rows, (row) => [row, value(row.cells[column])]);
    const numbers = keyed.every(([, key]) => key === "" || !isNaN(Number(key)));
    keyed.sort(([, a], [, b]) => (numbers ? Number(b) - Number(a) : a.localeCompare(b)) * (down ? 1 : -1));
    keyed.forEach(([row]) => body.append(row));
    table.classList.add("all");
  };
  document.querySelectorAll(".table table").forEach((table) => {
    if (!table.tBodies[0] || table.tBodies[0].rows.length < 4) return;
    Array.from(table.tHead.rows[0].cells).forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "sort";
      button.textContent = head.textContent;
      head.replaceChildren(button);
      button.addEventListener("click", () => {
        const down = head.getAttribute("aria-sort") !== "descending";
        table.querySelectorAll("th[aria-sort]").forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        sort(table, column, down);
      });
    });
  });

  const links = new Map();
  document.querySelectorAll(".contents a").forEach((link) => links.set(link.hash.slice(1), link));
  const seen = new IntersectionObserver((entries) => {
    entries.filter((entry) => entry.isIntersecting).forEach((entry) => {
      links.forEach((link) => link.removeAttribute("aria-current"));
      const link = links.get(entry.target.id);
      if (link) link.setAttribute("aria-current", "true");
    });
  }, { rootMargin: "-10% 0px -80% 0px" });
  document.querySelectorAll("main > section").forEach((section) => seen.observe(section));
})();
