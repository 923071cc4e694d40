// Package dynamorm is one model of a DynamoDB item, the same in Go, Python and TypeScript.
//
// A model is a struct with tags and a Spec; a Table[T] has its verbs:
//
//	type Order struct {
//		CustomerID string  `dynamorm:"customer_id,pk"`
//		OrderID    string  `dynamorm:"order_id,sk"`
//		Total      *dynamorm.Number `dynamorm:"total,format=decimal"`
//		Version    int64   `dynamorm:"version,version"`
//	}
//
//	var orders = dynamorm.MustDeclare[Order](dynamorm.Spec{Table: "orders"})
//
// What the library promises stands in spec/ of its repository; contract-tests/ proves it.
package dynamorm
