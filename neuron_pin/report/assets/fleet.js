"use strict";
(() => {
  const form = document.querySelector("form");
  const rows = [...document.querySelectorAll("tr[data-hosts]")];
  const count = document.getElementById("count");
  const filter = () => {
    const wanted = Object.fromEntries(new FormData(form));
    const text = (wanted.text || "").trim().toLowerCase();
    let shown = 0;
    let whole = 0;
    for (const row of rows) {
      const d = row.dataset;
      const fits = (!wanted.class || d.class === wanted.class)
        && (!wanted.release || d.release === wanted.release)
        && (!wanted.rule || d.rules.split(" ").includes(wanted.rule))
        && (!wanted.fit || d.fits.split(" ").includes(wanted.fit))
        && (!text || d.names.includes(text));
      row.hidden = !fits;
      shown += fits ? Number(d.hosts) : 0;
      whole += Number(d.hosts);
    }
    count.textContent = `${shown} of ${whole} hosts shown`;
  };
  form.hidden = false;
  for (const kind of ["input", "change"]) form.addEventListener(kind, filter);
  form.querySelector("button").addEventListener("click", () => {
    for (const field of form.elements) if (field.name) field.value = "";
    filter();
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  filter();
})();
