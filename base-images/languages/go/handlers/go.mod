module handlers

go 1.21

require lambda-image.internal/go v0.1.0
