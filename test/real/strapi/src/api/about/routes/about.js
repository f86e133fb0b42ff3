module.exports = {
  routes: [{ method: 'GET', path: '/about', handler: 'about.show', config: { auth: false } }],
};
