module.exports = {
  uiPort: process.env.PORT,
  userDir: process.env.FLOWS_DIR,
  adminAuth: {
    type: 'credentials',
    users: [{ username: 'admin', password: process.env.ADMIN_HASH, permissions: '*' }],
  },
  editorTheme: { page: { title: 'First floor' } },
};
