module lambda-image.internal/go

go 1.21
