package product_test

import (
	"testing"

	"github.com/muster-crm/muster/shared/product"
	"github.com/muster-crm/muster/shared/record/recordtest"
)

// TestKinds proves every kind the product has.
func TestKinds(t *testing.T) { recordtest.Run(t, product.Kinds()) }
