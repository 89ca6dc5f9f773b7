-- Attributes of all entity types, their options and labels.

CREATE TABLE {p}eav_entity_type (
  entity_type_id SMALLINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  entity_type_code VARCHAR(50) NOT NULL,
  entity_model VARCHAR(255) NOT NULL,
  attribute_model VARCHAR(255),
  entity_table VARCHAR(255),
  value_table_prefix VARCHAR(255),
  entity_id_field VARCHAR(255),
  is_data_sharing SMALLINT UNSIGNED NOT NULL DEFAULT 1,
  data_sharing_key VARCHAR(100) DEFAULT 'default',
  default_attribute_set_id SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  increment_model VARCHAR(255),
  increment_per_store SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  increment_pad_length SMALLINT UNSIGNED NOT NULL DEFAULT 8,
  increment_pad_char VARCHAR(1) NOT NULL DEFAULT '0',
  additional_attribute_table VARCHAR(255),
  entity_attribute_collection VARCHAR(255),
  KEY (entity_type_code)
);

CREATE TABLE {p}eav_attribute_set (
  attribute_set_id SMALLINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  entity_type_id SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  attribute_set_name VARCHAR(255),
  sort_order SMALLINT NOT NULL DEFAULT 0,
  UNIQUE (entity_type_id, attribute_set_name),
  KEY (entity_type_id, sort_order),
  FOREIGN KEY (entity_type_id) REFERENCES {p}eav_entity_type (entity_type_id) ON DELETE CASCADE
);

CREATE TABLE {p}eav_attribute (
  attribute_id SMALLINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  entity_type_id SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  attribute_code VARCHAR(255) NOT NULL,
  attribute_model VARCHAR(255),
  backend_model VARCHAR(255),
  backend_type VARCHAR(8) NOT NULL DEFAULT 'static',
  backend_table VARCHAR(255),
  frontend_model VARCHAR(255),
  frontend_input VARCHAR(50),
  frontend_label VARCHAR(255),
  frontend_class VARCHAR(255),
  source_model VARCHAR(255),
  is_required SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  is_user_defined SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  default_value TEXT,
  is_unique SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  note VARCHAR(255),
  UNIQUE (entity_type_id, attribute_code),
  KEY (frontend_input, entity_type_id, is_user_defined),
  FOREIGN KEY (entity_type_id) REFERENCES {p}eav_entity_type (entity_type_id) ON DELETE CASCADE
);

CREATE TABLE {p}catalog_eav_attribute (
  attribute_id SMALLINT UNSIGNED NOT NULL PRIMARY KEY,
  frontend_input_renderer VARCHAR(255),
  is_global SMALLINT UNSIGNED NOT NULL DEFAULT 1,
  is_visible SMALLINT UNSIGNED NOT NULL DEFAULT 1,
  is_searchable SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  is_filterable SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  is_comparable SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  is_visible_on_front SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  is_html_allowed_on_front SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  is_used_for_price_rules SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  is_filterable_in_search SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  used_in_product_listing SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  used_for_sort_by SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  apply_to VARCHAR(255),
  is_visible_in_advanced_search SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  position INT NOT NULL DEFAULT 0,
  is_wysiwyg_enabled SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  is_used_for_promo_rules SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  is_required_in_admin_store SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  is_used_in_grid SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  is_visible_in_grid SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  is_filterable_in_grid SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  search_weight FLOAT NOT NULL DEFAULT 1,
  is_pagebuilder_enabled TINYINT(1) NOT NULL DEFAULT 0,
  additional_data TEXT,
  KEY (used_for_sort_by),
  KEY (used_in_product_listing),
  FOREIGN KEY (attribute_id) REFERENCES {p}eav_attribute (attribute_id) ON DELETE CASCADE
);

CREATE TABLE {p}customer_eav_attribute (
  attribute_id SMALLINT UNSIGNED NOT NULL PRIMARY KEY,
  is_visible SMALLINT UNSIGNED NOT NULL DEFAULT 1,
  input_filter VARCHAR(255),
  multiline_count SMALLINT UNSIGNED NOT NULL DEFAULT 1,
  validate_rules TEXT,
  is_system SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  sort_order INT UNSIGNED NOT NULL DEFAULT 0,
  data_model VARCHAR(255),
  is_used_in_grid SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  is_visible_in_grid SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  is_filterable_in_grid SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  is_searchable_in_grid SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  grid_filter_condition_type SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  KEY (sort_order),
  FOREIGN KEY (attribute_id) REFERENCES {p}eav_attribute (attribute_id) ON DELETE CASCADE
);

CREATE TABLE {p}eav_attribute_label (
  attribute_label_id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  attribute_id SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  store_id SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  value VARCHAR(255),
  KEY (attribute_id, store_id),
  KEY (store_id),
  FOREIGN KEY (attribute_id) REFERENCES {p}eav_attribute (attribute_id) ON DELETE CASCADE,
  FOREIGN KEY (store_id) REFERENCES {p}store (store_id) ON DELETE CASCADE
);

CREATE TABLE {p}eav_attribute_option (
  option_id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  attribute_id SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  sort_order SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  KEY (attribute_id),
  FOREIGN KEY (attribute_id) REFERENCES {p}eav_attribute (attribute_id) ON DELETE CASCADE
);

CREATE TABLE {p}eav_attribute_option_value (
  value_id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  option_id INT UNSIGNED NOT NULL DEFAULT 0,
  store_id SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  value VARCHAR(255),
  KEY (option_id),
  KEY (store_id),
  FOREIGN KEY (store_id) REFERENCES {p}store (store_id) ON DELETE CASCADE,
  FOREIGN KEY (option_id) REFERENCES {p}eav_attribute_option (option_id) ON DELETE CASCADE
);
