"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const changed = data.changed || {};

function element(tag, text, style) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  if (style) made.className = style;
  return made;
}
