package app

import "slices"

// accountRoutes are the way in, the reader's own account, users and settings.
var accountRoutes = slices.Concat(signinRoutes, ownRoutes, settingsRoutes, accessRoutes)
