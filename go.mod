module github.com/dynamorm/dynamorm

go 1.25

// Folders without Go of ours; an npm package may bring some of its own.
ignore (
	./build
	./py
	./ts
)
