"use strict";
(() => {
  const form = document.querySelector("form");
  const rows = [...document.querySelectorAll("tr[data-kind]")];
  const groups = [...document.querySelectorAll("tbody")];
  const count = document.getElementById("count");
  const has = (words, wanted) => !wanted || words === "" || words.split(" ").includes(wanted);
  const filter = () => {
    const wanted = Object.fromEntries(new FormData(form));
    const text = (wanted.text || "").trim().toLowerCase();
    let shown = 0;
    for (const row of rows) {
      const d = row.dataset;
      const fits = (!wanted.kind || d.kind === wanted.kind)
        && (!wanted.phase || d.phase === wanted.phase)
        && has(d.instances, wanted.instance)
        && (!wanted.framework || d.framework === wanted.framework)
        && (wanted.show !== "locked" || row.classList.contains("locked"))
        && (wanted.show !== "supported" || "supported" in d)
        && (!text || d.name.includes(text));
      row.hidden = !fits;
      shown += fits ? 1 : 0;
    }
    for (const group of groups) group.hidden = !group.querySelector("tr[data-kind]:not([hidden])");
    // Where all that is shown is locked, a mark says nothing.
    document.body.classList.toggle("only-locked", wanted.show === "locked");
    count.textContent = `${shown} of ${rows.length} shown`;
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
