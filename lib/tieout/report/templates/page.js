"use strict";
// Draws the charts from the JSON beside them, keeps them as wide as their place, marks where one reads.
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
