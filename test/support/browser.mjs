// test/support/browser.mjs - Debian's Chromium, driven; what every page must hold to.
//
//     const browser = await openBrowser(t);
//     const page = await browser.open(url, { width: 375, theme: 'dark', lang: 'zh-CN' });
//     (until: 'networkidle' also waits for what comes after the page itself)
//     await page.mustBeSound();
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

class Page {
  constructor(page, context) {
    Object.assign(this, { page, context, faults: [], bytes: 0, requests: [] });
  }

  // Counts what goes over the wire, and keeps what the browser complains about.
  async watch() {
    const { page } = this;
    const wire = await this.context.newCDPSession(page);
    await wire.send('Network.enable');
    wire.on('Network.loadingFinished', ({ encodedDataLength }) => (this.bytes += encodedDataLength));
    page.on('request', (request) => this.requests.push(request.url()));
    page.on('requestfailed', (request) => this.faults.push(`failed: ${request.url()}`));
    page.on('console', (message) => this.faults.push(`console: ${message.text()}`));
    page.on('pageerror', (error) => this.faults.push(`error: ${error.message}`));
  }

  async overflow() {
    return this.page.evaluate(
      'document.documentElement.scrollWidth - document.documentElement.clientWidth',
    );
  }

  // Nothing scrolls sideways, the browser has no complaint, nor has axe.
  async mustBeSound() {
    const where = this.page.url();
    assert.deepEqual(this.faults, [], where);
    assert.ok((await this.overflow()) <= 0, `${where} scrolls sideways`);
    await this.page.evaluate(AXE);
    const { violations } = await this.page.evaluate(
      `axe.run(document, { runOnly: ${JSON.stringify(RULES)} })`,
    );
    const said = violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`);
    assert.deepEqual(said, [], where);
  }

  text(selector) {
    return this.page.locator(selector).first().innerText();
  }
}

// Chromium, closed at the end of the test.
export async function openBrowser(t) {
  const chrome = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ARGS });
  t.after(() => chrome.close());

  return {
    async open(url, { width = 375, theme = 'light', lang = 'zh-CN', script = true, until = 'load' } = {}) {
      const context = await chrome.newContext({
        viewport: { width, height: 800 },
        colorScheme: theme,
        locale: lang,
        javaScriptEnabled: script,
      });
      const page = new Page(await context.newPage(), context);
      await page.watch();
      page.response = await page.page.goto(url, { waitUntil: until });
      return page;
    },
  };
}
