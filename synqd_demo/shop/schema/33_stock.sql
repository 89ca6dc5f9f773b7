-- Stock, both the old single-stock tables and the sources, stocks and reservations beside them.

CREATE TABLE {p}cataloginventory_stock (
  stock_id SMALLINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  website_id SMALLINT UNSIGNED NOT NULL,
  stock_name VARCHAR(255),
  KEY (website_id)
);

CREATE TABLE {p}cataloginventory_stock_item (
  item_id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  product_id INT UNSIGNED NOT NULL DEFAULT 0,
  stock_id SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  qty DECIMAL(12,4),
  min_qty DECIMAL(12,4) NOT NULL DEFAULT 0,
  use_config_min_qty SMALLINT UNSIGNED NOT NULL DEFAULT 1,
  is_qty_decimal SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  backorders SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  use_config_backorders SMALLINT UNSIGNED NOT NULL DEFAULT 1,
  min_sale_qty DECIMAL(12,4) NOT NULL DEFAULT 1,
  use_config_min_sale_qty SMALLINT UNSIGNED NOT NULL DEFAULT 1,
  max_sale_qty DECIMAL(12,4) NOT NULL DEFAULT 0,
  use_config_max_sale_qty SMALLINT UNSIGNED NOT NULL DEFAULT 1,
  is_in_stock SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  low_stock_date TIMESTAMP NULL,
  notify_stock_qty DECIMAL(12,4),
  use_config_notify_stock_qty SMALLINT UNSIGNED NOT NULL DEFAULT 1,
  manage_stock SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  use_config_manage_stock SMALLINT UNSIGNED NOT NULL DEFAULT 1,
  stock_status_changed_auto SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  use_config_qty_increments SMALLINT UNSIGNED NOT NULL DEFAULT 1,
  qty_increments DECIMAL(12,4) NOT NULL DEFAULT 0,
  use_config_enable_qty_inc SMALLINT UNSIGNED NOT NULL DEFAULT 1,
  enable_qty_increments SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  is_decimal_divided SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  website_id SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  UNIQUE (product_id, stock_id),
  KEY (stock_id),
  KEY (website_id),
  KEY (website_id, product_id),
  FOREIGN KEY (product_id) REFERENCES {p}catalog_product_entity (entity_id) ON DELETE CASCADE,
  FOREIGN KEY (stock_id) REFERENCES {p}cataloginventory_stock (stock_id) ON DELETE CASCADE
);

CREATE TABLE {p}cataloginventory_stock_status (
  product_id INT UNSIGNED NOT NULL,
  website_id SMALLINT UNSIGNED NOT NULL,
  stock_id SMALLINT UNSIGNED NOT NULL,
  qty DECIMAL(12,4) NOT NULL DEFAULT 0,
  stock_status SMALLINT UNSIGNED NOT NULL,
  PRIMARY KEY (product_id, website_id, stock_id),
  KEY (stock_id),
  KEY (stock_status),
  KEY (website_id)
);

CREATE TABLE {p}inventory_source (
  source_code VARCHAR(255) NOT NULL PRIMARY KEY,
  name VARCHAR(255) NOT NULL,
  enabled SMALLINT UNSIGNED NOT NULL DEFAULT 1,
  description TEXT,
  latitude DECIMAL(8,6),
  longitude DECIMAL(9,6),
  country_id VARCHAR(2) NOT NULL,
  region_id INT UNSIGNED,
  region VARCHAR(255),
  city VARCHAR(255),
  street VARCHAR(255),
  postcode VARCHAR(255) NOT NULL,
  contact_name VARCHAR(255),
  email VARCHAR(255),
  phone VARCHAR(255),
  fax VARCHAR(255),
  use_default_carrier_config SMALLINT UNSIGNED NOT NULL DEFAULT 1,
  is_pickup_location_active TINYINT(1) NOT NULL DEFAULT 0,
  frontend_name VARCHAR(255) DEFAULT '',
  frontend_description TEXT
);

CREATE TABLE {p}inventory_source_item (
  source_item_id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  source_code VARCHAR(255) NOT NULL,
  sku VARCHAR(64) NOT NULL,
  quantity DECIMAL(12,4) NOT NULL DEFAULT 0,
  status SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  UNIQUE (source_code, sku),
  KEY (sku, source_code, quantity),
  FOREIGN KEY (source_code) REFERENCES {p}inventory_source (source_code) ON DELETE CASCADE
);

CREATE TABLE {p}inventory_stock (
  stock_id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  name VARCHAR(255) NOT NULL
);

CREATE TABLE {p}inventory_stock_sales_channel (
  type VARCHAR(64) NOT NULL,
  code VARCHAR(64) NOT NULL,
  stock_id INT UNSIGNED NOT NULL,
  PRIMARY KEY (type, code),
  KEY (stock_id),
  FOREIGN KEY (stock_id) REFERENCES {p}inventory_stock (stock_id) ON DELETE CASCADE
);

CREATE TABLE {p}inventory_source_stock_link (
  link_id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  stock_id INT UNSIGNED NOT NULL,
  source_code VARCHAR(255) NOT NULL,
  priority SMALLINT UNSIGNED NOT NULL,
  UNIQUE (stock_id, source_code),
  KEY (stock_id, priority),
  KEY (source_code),
  FOREIGN KEY (stock_id) REFERENCES {p}inventory_stock (stock_id) ON DELETE CASCADE,
  FOREIGN KEY (source_code) REFERENCES {p}inventory_source (source_code) ON DELETE CASCADE
);

-- Orders take stock here first; source items move when the goods are shipped.
CREATE TABLE {p}inventory_reservation (
  reservation_id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  stock_id INT UNSIGNED NOT NULL,
  sku VARCHAR(64) NOT NULL,
  quantity DECIMAL(10,4) NOT NULL DEFAULT 0,
  metadata VARCHAR(255),
  KEY (stock_id, sku, quantity)
);
