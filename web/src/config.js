// What the server tells the page: {endpoint}.
export const config = JSON.parse(document.getElementById('config').textContent);
