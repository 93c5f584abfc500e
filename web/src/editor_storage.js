// Keeps the editor's tabs and settings for this browser tab only: variables name customers, so nothing may outlive it.
const PREFIX = 'graphiql:';
const ours = () => Object.keys(sessionStorage).filter((key) => key.startsWith(PREFIX));

export const editorStorage = {
  getItem: (key) => sessionStorage.getItem(key),
  setItem: (key, value) => sessionStorage.setItem(key, value),
  removeItem: (key) => sessionStorage.removeItem(key),
  clear: () => ours().forEach((key) => sessionStorage.removeItem(key)),
  get length() { return ours().length; },
};
