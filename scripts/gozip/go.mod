module github.com/dynamorm/dynamorm/scripts/gozip

go 1.25.0

require golang.org/x/mod v0.40.0
