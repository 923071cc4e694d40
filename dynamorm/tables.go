package dynamorm

import (
	"context"
	"encoding/json"
	"iter"
	"maps"
	"time"

	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/operation"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
	"github.com/dynamorm/dynamorm/dynamorm/transport"
)

// This file makes, describes, compares and removes tables: of a model, or of several that share one.

type (
	// TableDescription is what DynamoDB says of a table.
	TableDescription = operation.TableDescription
	// TableKey is an attribute of a key of a table or index.
	TableKey = operation.TableKey
	// TableIndex is an index of a table.
	TableIndex = operation.TableIndex
	// IndexShape is what does not change about an index.
	IndexShape = operation.IndexShape
	// Projection says what an index holds of the items.
	Projection = operation.Projection
	// TableSSE is encryption at rest.
	TableSSE = operation.TableSSE
	// Throughput is provisioned capacity, in units.
	Throughput = operation.Throughput
	// TableDifference is what differs between a table and its models.
	TableDifference = errs.TableDifference
)

// EnsuredTable is what EnsureTable did.
type EnsuredTable struct {
	// Created says that the table was not there, TTLEnabled that TTL was not enabled.
	Created, TTLEnabled bool
	// Added are the indexes that were added.
	Added       []string
	Description *TableDescription
}

// WithBilling sets how a table is paid: PAY_PER_REQUEST, or PROVISIONED, which needs WithThroughput (tables).
func WithBilling(mode string) Option {
	return Option{"WithBilling", func(s *settings) { s.table.Billing = &mode }}
}

// WithThroughput provisions a table, and its global indexes, with capacity units (tables).
func WithThroughput(read, write int64) Option {
	return Option{"WithThroughput", func(s *settings) { s.table.Throughput = &Throughput{Read: read, Write: write} }}
}

// WithIndexThroughput provisions a global index otherwise than its table (tables).
func WithIndexThroughput(index string, read, write int64) Option {
	return Option{"WithIndexThroughput", func(s *settings) {
		if s.table.IndexThroughput == nil {
			s.table.IndexThroughput = map[string]Throughput{}
		}
		s.table.IndexThroughput[index] = Throughput{Read: read, Write: write}
	}}
}

// WithStream gives a table a stream: KEYS_ONLY, NEW_IMAGE, OLD_IMAGE or NEW_AND_OLD_IMAGES (tables).
func WithStream(view string) Option {
	return Option{"WithStream", func(s *settings) { s.table.Stream = &view }}
}

// WithTableClass sets a table's class: STANDARD or STANDARD_INFREQUENT_ACCESS (tables).
func WithTableClass(class string) Option {
	return Option{"WithTableClass", func(s *settings) { s.table.TableClass = &class }}
}

// WithDeletionProtection says whether a table is protected from being deleted; false is compared, too (tables).
func WithDeletionProtection(on bool) Option {
	return Option{"WithDeletionProtection", func(s *settings) { s.table.DeletionProtection = &on }}
}

// WithSSE encrypts a table at rest under the AWS managed key of KMS (tables).
func WithSSE() Option {
	return Option{"WithSSE", func(s *settings) { s.table.SSE, s.table.SSEKey = true, nil }}
}

// WithSSEKey encrypts a table at rest under a key of one's own; it is compared with the key's ARN (tables).
func WithSSEKey(key string) Option {
	return Option{"WithSSEKey", func(s *settings) { s.table.SSE, s.table.SSEKey = true, &key }}
}

// WithPointInTimeRecovery switches point-in-time recovery on for a table that is created (tables).
func WithPointInTimeRecovery() Option {
	return Option{"WithPointInTimeRecovery", func(s *settings) { s.table.PointInTimeRecovery = true }}
}

// WithTags tags a table that is created (tables).
func WithTags(tags map[string]string) Option {
	tags = maps.Clone(tags)
	return Option{"WithTags", func(s *settings) { s.table.Tags = tags }}
}

// WithTimeout sets how long an operation waits for tables in all; 10 minutes unless set (tables).
func WithTimeout(d time.Duration) Option {
	return Option{"WithTimeout", func(s *settings) { s.table.Timeout = &d }}
}

// WithAddIndexes lets global indexes that a table lacks be added to it (ensure table).
func WithAddIndexes() Option {
	return Option{"WithAddIndexes", func(s *settings) { s.addIndexes = true }}
}

// WithLabel sets the label of a Terraform block; it is made of the table's name unless set.
func WithLabel(label string) Option {
	return Option{"WithLabel", func(s *settings) { s.label = label }}
}

// tableSettings are the options that say what a document does not say of a table.
var tableSettings = []string{"WithBilling", "WithThroughput", "WithIndexThroughput", "WithStream", "WithTableClass", "WithDeletionProtection",
	"WithSSE", "WithSSEKey", "WithPointInTimeRecovery", "WithTags", "WithTimeout"}

// shared gathers what models and options say of the table that the models share.
func (c *Client) shared(models []AnyModel, options []Option, takes ...string) (*operation.Table, settings, error) {
	list := make([]*schema.Model, len(models))
	for i, m := range models {
		list[i] = m.Schema()
	}
	s, err := gather(nil, options, takes...)
	if err != nil {
		return nil, s, err
	}
	t, err := operation.NewTable(c.tableName, list, s.table)
	return t, s, err
}

// converse holds a conversation about tables, in which nothing is sealed.
func (c *Client) converse(ctx context.Context, x operation.Exchange) error {
	return transport.Run(ctx, c.transport, c.sleep, x, nil)
}

// CreateTable creates the table that models share, waits until it and its indexes are ready, enables TTL for the attribute with the role
// ttl, and switches on what the options ask for: WithBilling, WithThroughput, WithIndexThroughput, WithStream, WithTableClass,
// WithDeletionProtection, WithSSE, WithSSEKey, WithPointInTimeRecovery, WithTags and WithTimeout.
// It fails with TableExists, with ValidationFailed for models that do not go together, and with Canceled where it waited long enough.
func (c *Client) CreateTable(ctx context.Context, models []AnyModel, options ...Option) (*TableDescription, error) {
	t, _, err := c.shared(models, options, tableSettings...)
	if err != nil {
		return nil, err
	}
	x, err := operation.NewCreateTable(t)
	if err == nil {
		err = c.converse(ctx, x)
	}
	if err != nil {
		return nil, err
	}
	return x.Description(), nil
}

// EnsureTable creates the table where there is none, as CreateTable does; an existing one is waited for and compared. TTL that is not
// enabled yet is, and WithAddIndexes adds global indexes that are missing; it takes the options of CreateTable, too.
// It fails with TableMismatch, whose Differences say why, and changes nothing then. What was done before another failure is given with it.
func (c *Client) EnsureTable(ctx context.Context, models []AnyModel, options ...Option) (EnsuredTable, error) {
	t, s, err := c.shared(models, options, append([]string{"WithAddIndexes"}, tableSettings...)...)
	if err != nil {
		return EnsuredTable{}, err
	}
	return c.ensure(ctx, t, s.addIndexes)
}

func (c *Client) ensure(ctx context.Context, t *operation.Table, addIndexes bool) (EnsuredTable, error) {
	x, err := operation.NewEnsureTable(t, addIndexes)
	if err == nil {
		err = c.converse(ctx, x)
	}
	return EnsuredTable{x.Created, x.TTLEnabled, x.Added, x.Description()}, err
}

// TableDrift compares the existing table with what models and options say, and changes nothing; it takes the options of CreateTable, and
// compares what is given. It fails with TableNotFound.
func (c *Client) TableDrift(ctx context.Context, models []AnyModel, options ...Option) ([]TableDifference, error) {
	t, _, err := c.shared(models, options, tableSettings...)
	if err != nil {
		return nil, err
	}
	x := operation.NewDescribeTable(t)
	if err := c.converse(ctx, x); err != nil {
		return nil, err
	}
	return t.Drift(x.Description), nil
}

// DescribeTable reads what the table is that models share. It fails with TableNotFound.
func (c *Client) DescribeTable(ctx context.Context, models []AnyModel) (*TableDescription, error) {
	t, _, err := c.shared(models, nil)
	if err != nil {
		return nil, err
	}
	x := operation.NewDescribeTable(t)
	if err := c.converse(ctx, x); err != nil {
		return nil, err
	}
	return x.Description, nil
}

// DeleteTable deletes a model's table, and waits until it is gone; false says that there was none. It takes WithTimeout and WithMustExist,
// with which it fails with TableNotFound. A table that is protected is ValidationFailed, and stays.
func (c *Client) DeleteTable(ctx context.Context, model AnyModel, options ...Option) (bool, error) {
	t, s, err := c.shared([]AnyModel{model}, options, "WithMustExist", "WithTimeout")
	if err != nil {
		return false, err
	}
	x := operation.NewDeleteTable(t, s.mustExist)
	err = c.converse(ctx, x)
	return x.Deleted, err
}

// ListTables gives the names of all tables; a page is asked for when its first name is.
func (c *Client) ListTables(ctx context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for behind := ""; ; {
			x := operation.NewListTables(behind)
			if err := c.converse(ctx, x); err != nil {
				yield("", err)
				return
			}
			for _, name := range x.Names {
				if !yield(name, nil) {
					return
				}
			}
			if behind = x.Last; behind == "" {
				return
			}
		}
	}
}

// TableRequest gives the body of the CreateTable that CreateTable would send, with the same options.
func (c *Client) TableRequest(models []AnyModel, options ...Option) (json.RawMessage, error) {
	t, _, err := c.shared(models, options, tableSettings...)
	if err != nil {
		return nil, err
	}
	return t.Request()
}

// CloudFormation gives an AWS::DynamoDB::Table, as JSON, that makes the table that CreateTable would make, with the same options.
func (c *Client) CloudFormation(models []AnyModel, options ...Option) (json.RawMessage, error) {
	t, _, err := c.shared(models, options, tableSettings...)
	if err != nil {
		return nil, err
	}
	return t.CloudFormation()
}

// Terraform gives an aws_dynamodb_table that makes the table that CreateTable would make, formatted, with the same options and WithLabel.
func (c *Client) Terraform(models []AnyModel, options ...Option) (string, error) {
	t, s, err := c.shared(models, options, append([]string{"WithLabel"}, tableSettings...)...)
	if err != nil {
		return "", err
	}
	return t.Terraform(s.label)
}
