#include "ui/generate/GridDialog.h"

#include <QComboBox>
#include <QDialogButtonBox>
#include <QFileDialog>
#include <QGridLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QTableWidget>
#include <QVBoxLayout>

#include "core/base/Error.h"
#include "ui/generate/words.h"
#include "ui/viewer/TilePyramid.h"
#include "ui/widgets/labels.h"

namespace phloxine::ui {
namespace {

constexpr int cellPx = 120;

struct ExampleRow {
    const char *parameter, *values;
};
constexpr ExampleRow examples[] = {{"seed", "1..4"},
                                   {"guidance", "1, 2, 4"},
                                   {"steps", "10, 20, 50"},
                                   {"sampler", "ddim, dpmpp_2m, euler"},
                                   {"append", "pale stain, medium stain, dark stain"},
                                   {"variation", "0..1/0.25"},
                                   {"variation-seed", "1..4"},
                                   {"guidance-rescale", "0, 0.5, 1"},
                                   {"eta", "0, 0.5, 1"},
                                   {"strength", "0.3, 0.6, 0.9"},
                                   {"lora-strength", "0, 0.5, 1"}};

QString exampleOf(const QString& parameter) {
    for (const auto& row : examples)
        if (parameter == QLatin1String(row.parameter)) return QString::fromLatin1(row.values);
    return {};
}

Image imageOf(const TileRecord& tile) {
    Image image = toImage(tile.image);
    image.scale = tile.scale;
    return image;
}

} // namespace

GridDialog::GridDialog(const GenerateRequest& base, const ModelCard& card, double secondsPerTile, QWidget* parent)
    : QDialog(parent), m_grid{base, {}, {}}, m_card(card), m_secondsPerTile(secondsPerTile), m_sentence(new QLabel(this)),
      m_table(new QTableWidget(this)) {
    m_table->setCornerButtonEnabled(false); // Tab does not reach it, and Ctrl+A does the same
    m_table->setTabKeyNavigation(false);    // Tab leads on; arrows go through the cells
    setObjectName(QStringLiteral("gridDialog"));
    setWindowTitle(tr("Grid of two parameters"));
    resize(760, 620);
    m_grid.base.count = 1;
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(16, 16, 16, 16);
    column->setSpacing(12);
    auto* axes = new QGridLayout;
    axes->setSpacing(8);
    column->addLayout(axes);
    m_x = addAxis(tr("&Columns"), "gridX", "guidance", "1, 2, 4");
    m_y = addAxis(tr("&Rows"), "gridY", "seed", "");
    m_sentence->setObjectName(QStringLiteral("gridSentence"));
    m_sentence->setWordWrap(true);
    column->addWidget(m_sentence);
    m_table->setAccessibleName(tr("Tiles of the grid"));
    m_table->setIconSize(QSize(cellPx, cellPx));
    m_table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_table->horizontalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    m_table->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    m_table->horizontalHeader()->setDefaultAlignment(Qt::Alignment(Qt::AlignCenter | Qt::TextWordWrap));
    m_table->verticalHeader()->setMaximumWidth(cellPx);
    m_table->horizontalHeader()->setDefaultSectionSize(cellPx + 8);
    m_table->verticalHeader()->setDefaultSectionSize(cellPx + 8);
    column->addWidget(m_table, 1);
    auto* buttons = new QDialogButtonBox(this);
    m_save = buttons->addButton(tr("Save sheet..."), QDialogButtonBox::ActionRole);
    m_start = buttons->addButton(tr("Add to queue"), QDialogButtonBox::ApplyRole);
    m_start->setObjectName(QStringLiteral("gridStart"));
    m_start->setProperty("primary", true);
    m_start->setDefault(true);
    buttons->addButton(tr("Close"), QDialogButtonBox::RejectRole);
    column->addWidget(buttons);
    connect(m_start, &QPushButton::clicked, this, &GridDialog::start);
    connect(m_save, &QPushButton::clicked, this, &GridDialog::saveSheet);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    m_y.values->setText(QStringLiteral("%1..%2").arg(base.seed).arg(base.seed + 2));
    m_save->setEnabled(false);
    check();
}

GridDialog::AxisEdit GridDialog::addAxis(const QString& title, const char* name, const char* parameter, const char* values) {
    auto* axes = static_cast<QGridLayout*>(layout()->itemAt(0)->layout());
    AxisEdit edit{new QComboBox(this), new QLineEdit(QString::fromLatin1(values), this)};
    edit.parameter->setObjectName(QString::fromLatin1(name) + QStringLiteral("Parameter"));
    edit.values->setObjectName(QString::fromLatin1(name) + QStringLiteral("Values"));
    edit.parameter->addItem(tr("One value"), QString());
    for (const auto& row : gridParameters()) edit.parameter->addItem(tr(row.title), QString::fromLatin1(row.id));
    edit.parameter->setCurrentIndex(edit.parameter->findData(QString::fromLatin1(parameter)));
    auto* label = new QLabel(title, this);
    label->setBuddy(edit.parameter);
    edit.values->setAccessibleName(tr("Values of the parameter"));
    edit.values->setToolTip(tr("Values with commas between them; ranges as 1..4 or 0..1/0.25; words with a comma in quotes"));
    const int row = axes->rowCount();
    axes->addWidget(label, row, 0);
    axes->addWidget(edit.parameter, row, 1);
    axes->addWidget(edit.values, row, 2);
    axes->setColumnStretch(2, 1);
    connect(edit.parameter, &QComboBox::currentIndexChanged, this, [this, edit] {
        edit.values->setText(exampleOf(edit.parameter->currentData().toString()));
        edit.values->setEnabled(!edit.parameter->currentData().toString().isEmpty());
        check();
    });
    connect(edit.values, &QLineEdit::textChanged, this, &GridDialog::check);
    return edit;
}

GridAxis GridDialog::axisOf(const AxisEdit& edit) {
    const auto parameter = edit.parameter->currentData().toString().toStdString();
    return parameter.empty() ? GridAxis{} : gridAxis(parameter, edit.values->text().toStdString());
}

void GridDialog::check() {
    if (!m_x.values || !m_y.values || !m_start) return; // being built
    try {
        Grid grid{m_grid.base, axisOf(m_x), axisOf(m_y)};
        if (!grid.base.variationSeed && (grid.x.parameter == "variation" || grid.y.parameter == "variation"))
            grid.base.variationSeed = grid.base.seed + 1; // towards the neighbour, where nothing else was said
        validate(grid);
        if (grid.x == m_grid.x && grid.y == m_grid.y) return;
        m_grid = std::move(grid);
    } catch (const Error& e) {
        m_sentence->setText(fromUtf8(e.what()));
        m_start->setEnabled(false);
        return;
    }
    const int tiles = int(m_grid.columns() * m_grid.rows());
    const QString time =
        m_secondsPerTile > 0 ? tr("about %1").arg(durationText(m_secondsPerTile * tiles)) : tr("time known after the first");
    m_sentence->setText(tr("%1, %2", "tiles, time").arg(tilesText(tiles), time));
    m_start->setEnabled(true);
    m_tiles.assign(std::size_t(tiles), {});
    showTable();
}

void GridDialog::showTable() {
    m_table->clear();
    m_table->setColumnCount(int(m_grid.columns()));
    m_table->setRowCount(int(m_grid.rows()));
    const auto head = [this](const GridAxis& axis, int i) {
        auto* item = new QTableWidgetItem;
        if (axis.values.empty()) return item;
        const QString label = fromUtf8(gridLabel(axis, std::size_t(i), m_card)), value = fromUtf8(axis.values[std::size_t(i)]);
        item->setText(label);
        item->setToolTip(label == value ? label : tr("%1 (%2)", "label, value").arg(label, value));
        return item;
    };
    for (int column = 0; column < m_table->columnCount(); ++column) m_table->setHorizontalHeaderItem(column, head(m_grid.x, column));
    for (int row = 0; row < m_table->rowCount(); ++row) m_table->setVerticalHeaderItem(row, head(m_grid.y, row));
    for (int row = 0; row < m_table->rowCount(); ++row)
        for (int column = 0; column < m_table->columnCount(); ++column) {
            auto* item = new QTableWidgetItem;
            item->setData(Qt::AccessibleTextRole, tr("Not made yet"));
            m_table->setItem(row, column, item);
        }
    m_save->setEnabled(false);
}

void GridDialog::start() {
    std::vector<GenerateRequest> all;
    for (std::size_t row = 0; row < m_grid.rows(); ++row)
        for (std::size_t column = 0; column < m_grid.columns(); ++column)
            if (m_tiles[row * m_grid.columns() + column].image.isNull()) all.push_back(m_grid.at(column, row));
    m_start->setEnabled(false);
    Q_EMIT requested(all);
}

void GridDialog::takeTile(const TileRecord& record) {
    for (std::size_t i = 0; i < m_tiles.size(); ++i) {
        const std::size_t column = i % m_grid.columns(), row = i / m_grid.columns();
        if (!m_tiles[i].image.isNull() || !resolves(m_grid.at(column, row), record.request)) continue;
        m_tiles[i] = record;
        auto* item = m_table->item(int(row), int(column));
        item->setIcon(QIcon(QPixmap::fromImage(record.thumbnail)));
        item->setData(Qt::AccessibleTextRole, tr("Synthetic tile, seed %1").arg(record.request.seed));
        item->setToolTip(tr("Seed %1").arg(groupedSeed(record.request.seed)));
        m_save->setEnabled(true);
        return;
    }
}

void GridDialog::saveSheet() {
    auto* dialog = new QFileDialog(this, tr("Save the sheet"), {}, tr("PNG (*.png)"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setDefaultSuffix(QStringLiteral("png"));
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& file) {
        std::vector<Image> tiles;
        for (const auto& tile : m_tiles) tiles.push_back(tile.image.isNull() ? Image() : imageOf(tile));
        try {
            writePng(file.toStdString(), gridSheet(m_grid, tiles, m_card), {{"XML:com.adobe.xmp", xmpOfSource(isComposite(m_grid.base))}},
                     IfExists::Replace);
            m_sentence->setText(tr("The sheet is saved."));
        } catch (const Error& e) { m_sentence->setText(fromUtf8(e.what())); }
    });
    dialog->open();
}

} // namespace phloxine::ui
