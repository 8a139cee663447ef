package app

// contactRoutes are the list, the profile, the forms and the trash of contacts.
var contactRoutes = []Route{}
