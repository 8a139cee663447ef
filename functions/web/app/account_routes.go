package app

// accountRoutes are the way in, the reader's own account, users and settings.
var accountRoutes = []Route{}
