// The notebook's frame around the page. The kernel's server listens on 127.0.0.1 of the kernel's machine; this finds
// out how that is reached from here. The token goes into the fragment, which is never sent to a server.

const LOCAL = new Set(["localhost", "127.0.0.1", "[::1]"]);
const PAGES = /\/(lab|tree|notebooks|doc|edit|consoles|retro|nbclassic|voila)(\/|$)/;
const PATIENCE = 20000;
const GRACE = 2500;

/** Jupyter's base URL: stated by its page, else what stands before /lab, /tree ... in the address. */
export function baseUrl(page) {
  const stated = page.getElementById("jupyter-config-data")?.textContent;
  try {
    const found = JSON.parse(stated).baseUrl;
    if (typeof found === "string") return found.endsWith("/") ? found : `${found}/`;
  } catch {
    // no such element, or none of Jupyter's
  }
  const classic = page.body?.dataset?.baseUrl;
  if (classic) return classic;
  const path = new URL(page.location.href).pathname;
  const at = path.search(PAGES);
  return at < 0 ? null : path.slice(0, at + 1);
}

/** Addresses under which the server may be reached from this page, the likeliest first. */
export function candidates(page, port) {
  const here = new URL(page.location.href);
  const web = here.protocol === "http:" || here.protocol === "https:";
  // an editor's webview (VS Code) has no address to go by; it maps localhost to the kernel's machine
  if (!web) return [`http://localhost:${port}/`];
  const base = baseUrl(page);
  const proxy = base === null ? [] : [new URL(`${base}proxy/${port}/`, here.origin).href];
  const local = LOCAL.has(here.hostname);
  const direct = local ? [`http://${here.hostname}:${port}/`] : [];
  return base?.startsWith("/user/") ? [...proxy, ...direct] : [...direct, ...proxy];
}

/** The page says "ready" to the window around it; a frame that has loaded and says nothing shows something else. */
function ready(frame) {
  return new Promise((resolve) => {
    let timer = setTimeout(() => end(false), PATIENCE);
    const hear = (event) => {
      if (event.source === frame.contentWindow && event.data?.groundset === "ready") end(true);
    };
    const loaded = () => {
      clearTimeout(timer);
      timer = setTimeout(() => end(false), GRACE);
    };
    const end = (found) => {
      clearTimeout(timer);
      removeEventListener("message", hear);
      frame.removeEventListener("load", loaded);
      resolve(found);
    };
    addEventListener("message", hear);
    frame.addEventListener("load", loaded);
  });
}

function element(name, properties, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function trouble(port, retry) {
  const box = element("div", { role: "alert" });
  box.style.cssText = "padding:16px;border:1px solid currentColor;border-radius:6px;font:13px/1.5 sans-serif;opacity:.85";
  const why =
    "The kernel's Groundset server cannot be reached from this page. If the kernel was restarted, run the cell again. " +
    "If the kernel is on another machine than this browser, one of these helps:";
  const ways = [
    "where Jupyter runs: pip install jupyter-server-proxy, then start Jupyter again",
    `where the browser runs: ssh -L ${port}:127.0.0.1:${port} HOST, with Jupyter at localhost too`,
  ];
  box.append(
    element("p", { textContent: why }),
    element("ul", {}, ...ways.map((textContent) => element("li", { textContent }))),
    element("button", { textContent: "Try again", onclick: retry }),
  );
  return box;
}

/** The kernel tells it; it is no part of the widget's state, which is saved with the notebook. Null: no kernel. */
function tokenOf(model) {
  return new Promise((resolve) => {
    const hear = (message) => {
      if (typeof message?.token === "string") end(message.token);
    };
    const timer = setTimeout(() => end(null), PATIENCE);
    const end = (token) => {
      clearTimeout(timer);
      model.off("msg:custom", hear);
      resolve(token);
    };
    model.on("msg:custom", hear);
    model.send({ ask: "token" });
  });
}

/**
 * The labelling widget's talk with the page in its frame: the selection both ways, and that labels changed. Returns what
 * ends it. `frame` gives the frame that is shown now, null while there is none.
 */
export function converse(model, frame) {
  const picked = () => model.get("selection");
  if (picked() === undefined) return () => {}; // a widget that only shows
  let told = JSON.stringify(picked());
  const tell = () => {
    const shown = frame();
    if (shown) shown.contentWindow.postMessage({ groundset: "select", ids: picked() }, new URL(shown.src).origin);
  };
  const changed = () => {
    const now = JSON.stringify(picked());
    if (now === told) return;
    told = now;
    tell();
  };
  const hear = ({ source, data }) => {
    const shown = frame();
    if (!shown || source !== shown.contentWindow || typeof data !== "object" || data === null) return;
    if (data.groundset === "embedded" && picked().length > 0) tell();
    if (data.groundset === "selection" && Array.isArray(data.ids)) {
      told = JSON.stringify(data.ids);
      model.set("selection", data.ids);
      model.save_changes();
    }
    if (data.groundset === "labels" && Number.isInteger(data.head)) {
      model.set("head", data.head);
      model.save_changes();
    }
  };
  model.on("change:selection", changed);
  addEventListener("message", hear);
  return () => {
    model.off("change:selection", changed);
    removeEventListener("message", hear);
  };
}

function render({ model, el }) {
  const height = Number(model.get("height"));
  const port = model.get("port");
  let gone = false;
  let shown = null;
  const hush = converse(model, () => shown);

  const draw = async () => {
    const token = await tokenOf(model);
    if (gone) return;
    if (token === null) {
      el.replaceChildren(trouble(port, draw));
      return;
    }
    const fragment = `#token=${encodeURIComponent(token)}&${String(model.get("page")).replace(/^#/, "")}`;
    for (const href of candidates(document, port)) {
      const frame = element("iframe", {
        src: `${href}?embed=1${fragment}`,
        title: `Groundset: ${model.get("name")}`,
        allow: "clipboard-write; fullscreen",
      });
      frame.style.cssText = `display:block;width:100%;height:${height}px;border:0;border-radius:6px`;
      const found = ready(frame);
      el.replaceChildren(frame);
      shown = frame;
      if ((await found) || gone) return;
    }
    shown = null;
    el.replaceChildren(trouble(port, draw));
  };
  draw();
  return () => {
    gone = true;
    hush();
  };
}

export default { render };
