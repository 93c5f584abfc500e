// A headless Chromium that notes what a page must not do: complain on the console or ask another origin.
import { chromium } from 'playwright-core';

const ARGUMENTS = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'];

// Chromium itself logs every 401; the stories provoke some.
const REFUSAL = /Failed to load resource: .* 401/;

/**
 * Opens a page; `noted` fills with {console, strangers, operations, ids}: messages, addresses of other origins, names of the operations sent,
 * ids of the documents sent without their text.
 */
export async function openPage(base, { executablePath = '/usr/bin/chromium', language = 'en-GB' } = {}) {
  const browser = await chromium.launch({ executablePath, args: ARGUMENTS });
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: language });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const noted = { console: [], strangers: [], operations: [], ids: [] };
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type()) && !REFUSAL.test(message.text())) noted.console.push(`${message.type()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => noted.console.push(`exception: ${error.message}`));
  const origin = new URL(base).origin;
  context.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(`${origin}/`) && !url.startsWith('data:')) noted.strangers.push(url);
    const body = request.postData() ?? '';
    const operation = body.match(/(?:(?:query|mutation) |"operationName":")(\w+)/)?.[1];
    if (operation) noted.operations.push(operation);
    const id = body.match(/"documentId":"([^"]+)"/)?.[1];
    if (id) noted.ids.push(id);
  });
  page.on('websocket', (socket) => {
    if (new URL(socket.url()).host !== new URL(base).host) noted.strangers.push(socket.url());
  });
  return { browser, page, noted };
}
