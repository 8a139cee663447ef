package app

// importRoutes are the import wizard and the jobs.
var importRoutes = []Route{}
