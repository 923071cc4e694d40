package dynamorm

import (
	"context"
	"reflect"
	"slices"
	"time"

	"github.com/dynamorm/dynamorm/dynamorm/codec"
	"github.com/dynamorm/dynamorm/dynamorm/encryption"
	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/operation"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

// This file has what a migration of data is asked for and what it gives; how it goes on is in migrate_run.go.

type (
	// MigrationPhase is `backup` or `copy`.
	MigrationPhase = operation.Phase
	// MigrationCounts says how many items were read, and what became of them.
	MigrationCounts = operation.Counts
)

// The phases of a migration.
const (
	PhaseBackup = operation.PhaseBackup
	PhaseCopy   = operation.PhaseCopy
)

// MigrationReport is what a migration did, with what earlier runs did that its cursor tells of.
type MigrationReport struct {
	// Backup and Copy are nil for what was not asked for, or not begun.
	Backup, Copy *MigrationCounts
	// Created are the tables, and Added the indexes, that this run made.
	Created, Added []string
	// Done says that all that was asked for is done; Cursor is where to go on from.
	Done   bool
	Cursor string
}

// MigrationProgress is how far a migration is.
type MigrationProgress struct {
	Phase  MigrationPhase
	Counts MigrationCounts
	Cursor string
}

// MigrationFailure is an item that was not written.
type MigrationFailure struct {
	Phase MigrationPhase
	// Key is the source's, nil where it cannot be read.
	Key *BatchKey
	// Reason is the code of the error, and Transform where your transform failed, whose error Err then is.
	Reason string
	Err    error
}

// OnExisting says what becomes of items that the target holds already.
type OnExisting string

// What can become of them.
const (
	KeepExisting      OnExisting = "keep"
	OverwriteExisting OnExisting = "overwrite"
)

// WithBackupTable copies all items, as they are, into a table of this very name first (migration).
func WithBackupTable(name string) Option {
	return Option{"WithBackupTable", func(s *settings) { s.moving.backup = &name }}
}

// WithTarget sets the model whose table is made, and gets the items where WithDataCopy asks for that (migration).
func WithTarget(model AnyModel) Option {
	return Option{"WithTarget", func(s *settings) { s.moving.target = model }}
}

// WithDataCopy copies the items into the target's table (migration).
func WithDataCopy() Option {
	return Option{"WithDataCopy", func(s *settings) { s.moving.dataCopy = true }}
}

// WithTransform gives the target's value for each of the source's; nil leaves the item out. It is called by several goroutines at a time, one
// for each segment under way (migration).
func WithTransform[S, T any](transform func(*S) (*T, error)) Option {
	return Option{"WithTransform", func(s *settings) {
		s.moving.from, s.moving.to = reflect.TypeFor[*S](), reflect.TypeFor[*T]()
		s.moving.transform = func(v any) (any, error) {
			out, err := transform(v.(*S))
			if out == nil {
				return nil, err
			}
			return out, err
		}
	}}
}

// WithOnExisting says what becomes of items that the target holds already; KeepExisting unless set (migration).
func WithOnExisting(what OnExisting) Option {
	return Option{"WithOnExisting", func(s *settings) { s.moving.existing = what }}
}

// WithSegments sets how many parts the scan has; 8 unless set, and with a cursor those of the cursor (migration).
func WithSegments(n int) Option {
	return Option{"WithSegments", func(s *settings) { s.moving.segments = &n }}
}

// WithSingleSegment does one of the segments alone: several processes can share the work (migration).
func WithSingleSegment(number int) Option {
	return Option{"WithSingleSegment", func(s *settings) { s.moving.segment = &number }}
}

// WithMaxPages ends the run after so many pages of each segment and phase (migration).
func WithMaxPages(n int) Option {
	return Option{"WithMaxPages", func(s *settings) { s.moving.maxPages = &n }}
}

// WithEventualReads does not read the source consistently, which costs half (migration).
func WithEventualReads() Option {
	return Option{"WithEventualReads", func(s *settings) { s.moving.eventual = true }}
}

// WithDryRun reads, transforms and counts; it makes no table and writes nothing (migration).
func WithDryRun() Option {
	return Option{"WithDryRun", func(s *settings) { s.moving.dryRun = true }}
}

// WithMigrationProgress is told how far it is after each page; by the goroutine of the caller. Its error ends the migration, and comes out
// (migration).
func WithMigrationProgress(told func(MigrationProgress) error) Option {
	return Option{"WithMigrationProgress", func(s *settings) { s.moving.progress = told }}
}

// WithMigrationFailures is told each item that was not written, or that the target holds otherwise; by the goroutine of the caller. Its
// error ends the migration, and comes out (migration).
func WithMigrationFailures(told func(MigrationFailure) error) Option {
	return Option{"WithMigrationFailures", func(s *settings) { s.moving.onFailure = told }}
}

var migrationOptions = append([]string{
	"WithBackupTable", "WithTarget", "WithDataCopy", "WithTransform", "WithOnExisting", "WithSegments", "WithSingleSegment", "WithConcurrency",
	"WithPageSize", "WithMaxPages", "WithEventualReads", "WithDryRun", "WithCursor", "WithMigrationProgress", "WithMigrationFailures",
}, tableSettings...)

// migrationSettings are those of a migration alone.
type migrationSettings struct {
	backup             *string
	target             AnyModel
	dataCopy, dryRun   bool
	eventual           bool
	from, to           reflect.Type
	transform          func(v any) (any, error)
	existing           OnExisting
	segments, maxPages *int
	segment            *int
	progress           func(MigrationProgress) error
	onFailure          func(MigrationFailure) error
}

const (
	defaultSegments    = 8
	defaultSideBySide  = 8
	defaultPageOfItems = 100
)

// AutoMigrate backs the table of a model up with WithBackupTable, ensures the table of WithTarget, or the model's own, with the indexes that
// it lacks, and copies the items into it with WithDataCopy, through WithTransform where there is one. Nothing is ever removed, and without
// OverwriteExisting nothing is replaced. Whoever writes to the table has to be stopped before.
//
// It takes WithOnExisting, WithSegments, WithSingleSegment, WithConcurrency, WithPageSize, WithMaxPages, WithEventualReads, WithDryRun,
// WithMigrationProgress and WithMigrationFailures, WithCursor of an earlier run, and the options of CreateTable for the table that is
// ensured. A segment is read and written page by page; what is held is a page for each segment under way.
//
// Items that cannot be read, transformed or written are counted and told. Another failure, an error of what is told, and the end of the
// context end it; what is under way is waited for. The report is given with the error, too, and its cursor goes on from there. It fails with
// ValidationFailed, InvalidCursor, TableNotFound, TableMismatch, EncryptionNotConfigured and with what DynamoDB or the key service answers.
func (c *Client) AutoMigrate(ctx context.Context, model AnyModel, options ...Option) (MigrationReport, error) {
	now := c.clock()
	m, err := c.migration(model, options)
	if err != nil {
		return MigrationReport{}, err
	}
	m.now = now
	err = m.run(ctx)
	return m.report(), err
}

// migration is the work of one call. All of it but that of pages happens in the goroutine of the caller.
type migration struct {
	settings
	client      *Client
	source      AnyModel
	keys        *codec.Plan // reads the source's keys
	table       string
	ensured     *operation.Table
	backup      *operation.Table
	copying     map[MigrationPhase]*operation.Copying
	cursor      *operation.MigrationCursor
	concurrency int
	pageSize    int
	now         time.Time
	begun       bool // the clock's first reading is used

	reached        map[MigrationPhase]*MigrationCounts
	created, added []string
}

// migration checks what is asked for, before anything is sent.
func (c *Client) migration(model AnyModel, options []Option) (*migration, error) {
	s, err := gather(model.Schema(), options, migrationOptions...)
	m := &migration{settings: s, client: c, source: model, table: c.tableName(model.Schema()), copying: map[MigrationPhase]*operation.Copying{},
		reached: map[MigrationPhase]*MigrationCounts{}, created: []string{}, added: []string{}}
	for _, step := range []func() error{m.checkNumbers, m.checkTables, m.checkTransform, m.readCursor, m.checkPlaces, m.prepare} {
		if err == nil {
			err = step()
		}
	}
	return m, err
}

func (m *migration) fail(reason string) error {
	e := errs.New(errs.CodeValidationFailed, "", reason)
	e.Model = m.source.Schema().Name
	return e
}

func or(given *int, otherwise int) int {
	if given == nil {
		return otherwise
	}
	return *given
}

func (m *migration) checkNumbers() error {
	m.concurrency, m.pageSize = or(m.settings.concurrency, defaultSideBySide), or(m.settings.pageSize, defaultPageOfItems)
	if m.moving.existing == "" {
		m.moving.existing = KeepExisting
	}
	switch {
	case m.concurrency < 1 || m.pageSize < 1 || or(m.moving.maxPages, 1) < 1:
		return m.fail("concurrency, page size and pages are at least 1")
	case !slices.Contains([]OnExisting{KeepExisting, OverwriteExisting}, m.moving.existing):
		return m.fail("what exists is kept or overwritten")
	}
	if err := m.client.retries.Check(); err != nil {
		return err
	}
	return operation.CheckSegments(or(m.moving.segments, defaultSegments))
}

func (m *migration) checkTables() (err error) {
	ensured := m.source
	if m.moving.target != nil {
		ensured = m.moving.target
		if m.client.tableName(ensured.Schema()) == m.table {
			return m.fail("the target's table is the source's")
		}
	}
	if m.ensured, err = operation.NewTable(m.client.tableName, []*schema.Model{ensured.Schema()}, m.settings.table); err != nil || m.moving.backup == nil {
		return err
	}
	if name := *m.moving.backup; name == m.table || name == m.ensured.Name {
		return m.fail("the backup's table is the source's or the target's")
	}
	m.backup, err = operation.NewBackupTable(*m.moving.backup, m.source.Schema(), m.settings.table.Timeout)
	return err
}

func (m *migration) checkTransform() error {
	s := m.moving
	switch {
	case s.dataCopy && s.target == nil:
		return m.fail("a copy of data needs a target model")
	case s.transform == nil:
		return nil
	case !s.dataCopy:
		return m.fail("a transform needs a copy of data")
	case reflect.TypeOf(m.source.blank()) != s.from || reflect.TypeOf(s.target.blank()) != s.to:
		return m.fail("the transform takes and gives values of other types than the models'")
	}
	return nil
}

// readCursor finds where the run begins; without segments of its own it has the cursor's.
func (m *migration) readCursor() (err error) {
	given := m.moving.segments
	if m.settings.cursor == nil {
		m.cursor = operation.NewMigrationCursor(or(given, defaultSegments))
		return m.client.signer.Check()
	}
	if m.cursor, err = operation.ParseMigrationCursor(*m.settings.cursor); err == nil && given != nil && *given != m.cursor.Segments {
		err = errs.New(errs.CodeInvalidCursor, "", "the cursor has another number of segments")
	}
	return err
}

// checkPlaces reads every place of the cursor: one that is of no scan of this table is InvalidCursor.
func (m *migration) checkPlaces() error {
	if n := m.moving.segment; n != nil && (*n < 0 || *n >= m.cursor.Segments) {
		return m.fail("a segment is from 0 to the number of segments less one")
	}
	for phase, places := range m.cursor.Places {
		for number := range places {
			if _, err := m.read(phase, number); err != nil {
				return err
			}
		}
	}
	return nil
}

// read is the scan of a segment, from its place on.
func (m *migration) read(phase MigrationPhase, number int) (*operation.Read, error) {
	in := operation.ReadInput{Table: m.table, Models: []*schema.Model{m.source.Schema()}, Now: m.now, Keyed: true, Everything: phase == PhaseBackup,
		Consistent: !m.moving.eventual, PageSize: &m.pageSize, Signer: m.client.signer}
	if m.cursor.Segments > 1 {
		in.Segment = &operation.Segment{Number: number, Total: m.cursor.Segments}
	}
	if place := m.cursor.Places[phase][number]; place != nil && !place.Done {
		in.Cursor = &place.At
	}
	return operation.NewRead(in)
}

// prepare says how items become those of backup and target.
func (m *migration) prepare() (err error) {
	if m.keys, err = m.source.mapped(); err != nil {
		return err
	}
	in := operation.CopyInput{Source: m.source.compiled(), Mapped: m.keys, Envelope: encryption.IsEnvelope, Keyed: m.client.keyed()}
	if m.backup != nil {
		in.Table = m.backup.Name
		if m.copying[PhaseBackup], err = operation.NewCopying(in); err != nil {
			return err
		}
	}
	if !m.moving.dataCopy {
		return nil
	}
	target := m.moving.target
	in.Table, in.Target, in.Transform, in.Blank, in.Check = m.ensured.Name, target.compiled(), m.moving.transform, m.source.blank, target.blank
	if in.Mapped, err = target.mapped(); err == nil {
		m.copying[PhaseCopy], err = operation.NewCopying(in)
	}
	return err
}

// report says what was done.
func (m *migration) report() MigrationReport {
	out := MigrationReport{Backup: m.reached[PhaseBackup], Copy: m.reached[PhaseCopy], Created: m.created, Added: m.added, Cursor: m.cursor.Text(), Done: true}
	for phase := range m.copying {
		out.Done = out.Done && m.done(phase)
	}
	return out
}

// asked calls f for the number of each segment that is asked for, until it gives false.
func (m *migration) asked(f func(number int) bool) {
	if n := m.moving.segment; n != nil {
		f(*n)
		return
	}
	for number := 0; number < m.cursor.Segments && f(number); number++ {
	}
}

// done says whether a phase is done in all segments that are asked for.
func (m *migration) done(phase MigrationPhase) bool {
	done := true
	m.asked(func(number int) bool {
		place := m.cursor.Places[phase][number]
		done = place != nil && place.Done
		return done
	})
	return done
}
