"use strict";
for (const box of document.querySelectorAll(".copy")) {
  const line = box.querySelector("code");
  // Behind a proxy the address that this page was asked at is the one that works.
  if (box.dataset.origin) line.textContent = line.textContent.replace(box.dataset.origin, location.origin);
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Copy";
  const done = (text) => { button.textContent = text; setTimeout(() => { button.textContent = "Copy"; }, 2000); };
  const select = () => {
    const range = document.createRange();
    range.selectNodeContents(line);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    done(document.execCommand("copy") ? "Copied" : "Selected");
  };
  button.addEventListener("click", () => {
    // Browsers have a clipboard on https and on localhost alone.
    if (navigator.clipboard) navigator.clipboard.writeText(line.textContent).then(() => done("Copied"), select);
    else select();
  });
  box.append(button);
}
