-- Products: entity, attribute values by type, prices by quantity, pictures, websites.

CREATE TABLE {p}catalog_product_entity (
  entity_id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  attribute_set_id SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  type_id VARCHAR(32) NOT NULL DEFAULT 'simple',
  sku VARCHAR(64) NOT NULL,
  has_options SMALLINT NOT NULL DEFAULT 0,
  required_options SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  created_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
  KEY (attribute_set_id),
  KEY (sku)
);

CREATE TABLE {p}catalog_product_entity_varchar (
  value_id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  attribute_id SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  store_id SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  entity_id INT UNSIGNED NOT NULL DEFAULT 0,
  value VARCHAR(255),
  UNIQUE (entity_id, attribute_id, store_id),
  KEY (attribute_id),
  KEY (store_id),
  FOREIGN KEY (store_id) REFERENCES {p}store (store_id) ON DELETE CASCADE,
  FOREIGN KEY (attribute_id) REFERENCES {p}eav_attribute (attribute_id) ON DELETE CASCADE,
  FOREIGN KEY (entity_id) REFERENCES {p}catalog_product_entity (entity_id) ON DELETE CASCADE
);

CREATE TABLE {p}catalog_product_entity_int (
  value_id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  attribute_id SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  store_id SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  entity_id INT UNSIGNED NOT NULL DEFAULT 0,
  value INT,
  UNIQUE (entity_id, attribute_id, store_id),
  KEY (attribute_id),
  KEY (store_id),
  KEY (attribute_id, store_id, value),
  FOREIGN KEY (store_id) REFERENCES {p}store (store_id) ON DELETE CASCADE,
  FOREIGN KEY (attribute_id) REFERENCES {p}eav_attribute (attribute_id) ON DELETE CASCADE,
  FOREIGN KEY (entity_id) REFERENCES {p}catalog_product_entity (entity_id) ON DELETE CASCADE
);

CREATE TABLE {p}catalog_product_entity_text (
  value_id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  attribute_id SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  store_id SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  entity_id INT UNSIGNED NOT NULL DEFAULT 0,
  value MEDIUMTEXT,
  UNIQUE (entity_id, attribute_id, store_id),
  KEY (attribute_id),
  KEY (store_id),
  FOREIGN KEY (store_id) REFERENCES {p}store (store_id) ON DELETE CASCADE,
  FOREIGN KEY (attribute_id) REFERENCES {p}eav_attribute (attribute_id) ON DELETE CASCADE,
  FOREIGN KEY (entity_id) REFERENCES {p}catalog_product_entity (entity_id) ON DELETE CASCADE
);

CREATE TABLE {p}catalog_product_entity_decimal (
  value_id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  attribute_id SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  store_id SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  entity_id INT UNSIGNED NOT NULL DEFAULT 0,
  value DECIMAL(20,6),
  UNIQUE (entity_id, attribute_id, store_id),
  KEY (attribute_id),
  KEY (store_id),
  FOREIGN KEY (store_id) REFERENCES {p}store (store_id) ON DELETE CASCADE,
  FOREIGN KEY (attribute_id) REFERENCES {p}eav_attribute (attribute_id) ON DELETE CASCADE,
  FOREIGN KEY (entity_id) REFERENCES {p}catalog_product_entity (entity_id) ON DELETE CASCADE
);

CREATE TABLE {p}catalog_product_entity_datetime (
  value_id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  attribute_id SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  store_id SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  entity_id INT UNSIGNED NOT NULL DEFAULT 0,
  value DATETIME,
  UNIQUE (entity_id, attribute_id, store_id),
  KEY (attribute_id),
  KEY (store_id),
  FOREIGN KEY (store_id) REFERENCES {p}store (store_id) ON DELETE CASCADE,
  FOREIGN KEY (attribute_id) REFERENCES {p}eav_attribute (attribute_id) ON DELETE CASCADE,
  FOREIGN KEY (entity_id) REFERENCES {p}catalog_product_entity (entity_id) ON DELETE CASCADE
);

CREATE TABLE {p}customer_group (
  customer_group_id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  customer_group_code VARCHAR(32) NOT NULL,
  tax_class_id INT UNSIGNED NOT NULL DEFAULT 0
);

CREATE TABLE {p}catalog_product_entity_tier_price (
  value_id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  entity_id INT UNSIGNED NOT NULL DEFAULT 0,
  all_groups SMALLINT UNSIGNED NOT NULL DEFAULT 1,
  customer_group_id INT UNSIGNED NOT NULL DEFAULT 0,
  qty DECIMAL(12,4) NOT NULL DEFAULT 1,
  value DECIMAL(20,6) NOT NULL DEFAULT 0,
  website_id SMALLINT UNSIGNED NOT NULL,
  percentage_value DECIMAL(5,2),
  UNIQUE (entity_id, all_groups, customer_group_id, qty, website_id),
  KEY (customer_group_id),
  KEY (website_id),
  FOREIGN KEY (customer_group_id) REFERENCES {p}customer_group (customer_group_id) ON DELETE CASCADE,
  FOREIGN KEY (entity_id) REFERENCES {p}catalog_product_entity (entity_id) ON DELETE CASCADE,
  FOREIGN KEY (website_id) REFERENCES {p}store_website (website_id) ON DELETE CASCADE
);

CREATE TABLE {p}catalog_product_entity_media_gallery (
  value_id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  attribute_id SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  value VARCHAR(255),
  media_type VARCHAR(32) NOT NULL DEFAULT 'image',
  disabled SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  KEY (attribute_id),
  FOREIGN KEY (attribute_id) REFERENCES {p}eav_attribute (attribute_id) ON DELETE CASCADE
);

CREATE TABLE {p}catalog_product_entity_media_gallery_value (
  value_id INT UNSIGNED NOT NULL DEFAULT 0,
  store_id SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  entity_id INT UNSIGNED NOT NULL DEFAULT 0,
  label VARCHAR(255),
  position INT UNSIGNED,
  disabled SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  record_id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  KEY (entity_id),
  KEY (store_id),
  KEY (value_id),
  KEY (entity_id, value_id, store_id),
  FOREIGN KEY (entity_id) REFERENCES {p}catalog_product_entity (entity_id) ON DELETE CASCADE,
  FOREIGN KEY (store_id) REFERENCES {p}store (store_id) ON DELETE CASCADE,
  FOREIGN KEY (value_id) REFERENCES {p}catalog_product_entity_media_gallery (value_id) ON DELETE CASCADE
);

CREATE TABLE {p}catalog_product_entity_media_gallery_value_to_entity (
  value_id INT UNSIGNED NOT NULL,
  entity_id INT UNSIGNED NOT NULL,
  PRIMARY KEY (value_id, entity_id),
  KEY (entity_id),
  FOREIGN KEY (entity_id) REFERENCES {p}catalog_product_entity (entity_id) ON DELETE CASCADE,
  FOREIGN KEY (value_id) REFERENCES {p}catalog_product_entity_media_gallery (value_id) ON DELETE CASCADE
);

CREATE TABLE {p}catalog_product_website (
  product_id INT UNSIGNED NOT NULL,
  website_id SMALLINT UNSIGNED NOT NULL,
  PRIMARY KEY (product_id, website_id),
  KEY (website_id),
  FOREIGN KEY (website_id) REFERENCES {p}store_website (website_id) ON DELETE CASCADE,
  FOREIGN KEY (product_id) REFERENCES {p}catalog_product_entity (entity_id) ON DELETE CASCADE
);
