// Changes a part of the page into its new form and touches only what differs: focus, what people typed, and what they
// opened stay as they are.

/** Changes `now` into `fresh`; calls `arrived` for each identified element that was not there before. */
export function morph(now, fresh, arrived = () => {}) {
  if (!alike(now, fresh)) {
    now.replaceWith(fresh);
    return;
  }
  if (now.nodeType !== Node.ELEMENT_NODE) {
    if (now.data !== fresh.data) now.data = fresh.data;
    return;
  }
  morphAttributes(now, fresh);
  morphChildren(now, fresh, arrived);
}

function alike(now, fresh) {
  return now.nodeType === fresh.nodeType && now.nodeName === fresh.nodeName && (now.id || "") === (fresh.id || "");
}

function morphAttributes(now, fresh) {
  for (const { name, value } of fresh.attributes) {
    if (now.getAttribute(name) !== value) now.setAttribute(name, value);
  }
  for (const { name } of [...now.attributes]) {
    const peoples = name === "open" && now.nodeName === "DETAILS";
    if (!fresh.hasAttribute(name) && !peoples) now.removeAttribute(name);
  }
}

function morphChildren(now, fresh, arrived) {
  // Elements with an id are found wherever they stand; the others are paired in their order.
  const known = new Map([...now.children].filter((child) => child.id).map((child) => [child.id, child]));
  let at = now.firstChild;
  for (const child of [...fresh.childNodes]) {
    const same = child.id ? known.get(child.id) : at && !at.id && alike(at, child) ? at : null;
    if (!same) {
      now.insertBefore(child, at);
      if (child.id) arrived(child);
      continue;
    }
    if (same === at) at = at.nextSibling;
    else now.insertBefore(same, at);
    morph(same, child, arrived);
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}
