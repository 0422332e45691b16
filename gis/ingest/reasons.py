"""What can be wrong with a record: the kinds, their sentences, and who must act."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from gis.model.layer import Text


class Responsible(StrEnum):
    """`source`: the agency that made the file. `steward`: whoever loads it (mapping, options, codelists).
    `owner`: the agency that owns the layer which the records refer to."""

    SOURCE = "source"
    STEWARD = "steward"
    OWNER = "owner"


@dataclass(frozen=True, slots=True)
class Reason:
    """One kind of finding: its name, the sentence in which `{field}` and `{detail}` are filled in for each record, who
    must act and, where the name does not say it, what is to be done."""

    name: Text
    sentence: Text
    responsible: Responsible = Responsible.SOURCE
    remedy: Text | None = None


REASONS = MappingProxyType(
    {
        "geometry-missing": Reason(
            Text("Không có hình học", "No geometry"),
            Text("Không có hình học.", "It has no geometry."),
        ),
        "geometry-empty": Reason(
            Text("Hình học rỗng", "Empty geometry"),
            Text("Hình học rỗng.", "The geometry is empty."),
        ),
        "geometry-unreadable": Reason(
            Text("Hình học không đọc được", "Unreadable geometry"),
            Text("Không đọc được hình học.", "The geometry cannot be read."),
            remedy=Text("Xuất lại tệp từ phần mềm gốc.", "Export the file again."),
        ),
        "coordinate-not-finite": Reason(
            Text("Toạ độ không phải là số", "Coordinates that are no numbers"),
            Text("Toạ độ là NaN hoặc vô cực.", "A coordinate is NaN or infinite."),
        ),
        "outside-territory": Reason(
            Text("Ngoài địa bàn", "Outside the territory"),
            Text("Nằm ngoài địa bàn: {detail}.", "It lies outside the territory: {detail}."),
            remedy=Text("Kiểm tra toạ độ của các bản ghi này.", "Look at the coordinates of these records."),
        ),
        "geometry-type": Reason(
            Text("Sai loại hình học", "Geometry of another kind"),
            Text(
                "Loại hình học là {detail}, không đúng với lớp dữ liệu.",
                "The geometry is a {detail}, which this layer does not take.",
            ),
            remedy=Text(
                "Nạp vào lớp có loại hình học đó, hoặc sửa bản vẽ.",
                "Load them into a layer of that kind, or mend the drawing.",
            ),
        ),
        "geometry-invalid": Reason(
            Text("Hình học không hợp lệ", "Invalid geometry"),
            Text(
                "Hình học không hợp lệ, sửa sẽ làm đổi diện tích: {detail}.",
                "The geometry is invalid, and mending it would change the area: {detail}.",
            ),
            remedy=Text(
                "Sửa đường bao tại toạ độ đã nêu rồi nạp lại.",
                "Mend the outline at the place that is named and load again.",
            ),
        ),
        "geometry-repaired": Reason(
            Text("Hình học đã được sửa", "Geometry that was mended"),
            Text(
                "Hình học không hợp lệ đã được sửa, diện tích không đổi: {detail}.",
                "The geometry was invalid and has been mended without changing the area: {detail}.",
            ),
        ),
        "area-zero": Reason(
            Text("Diện tích bằng 0", "No area"),
            Text("Diện tích bằng 0.", "The area is zero."),
        ),
        "length-zero": Reason(
            Text("Chiều dài bằng 0", "No length"),
            Text("Chiều dài bằng 0.", "The length is zero."),
        ),
        "duplicate": Reason(
            Text("Bản ghi trùng hoàn toàn", "The same record twice"),
            Text("Trùng hoàn toàn với {detail}.", "It equals {detail} in everything."),
            remedy=Text("Bỏ bản thừa; bản đầu tiên được giữ.", "Remove the copy; the first one is kept."),
        ),
        "repeated-key": Reason(
            Text("Khoá định danh lặp lại", "Repeated identity"),
            Text("Khoá định danh lặp lại: {detail}.", "Its identity was already used: {detail}."),
            remedy=Text(
                "Kiểm tra số hiệu; hai đối tượng không được mang cùng số.",
                "Check the numbers: no two features have the same.",
            ),
        ),
        "no-identity": Reason(
            Text("Không có số hiệu", "No identity"),
            Text(
                "Thiếu '{field}': lần nạp sau có thể không nhận ra bản ghi này.",
                "'{field}' is missing: a later load may not know this record again.",
            ),
            remedy=Text("Bổ sung số hiệu trong tệp.", "Give it its number in the file."),
        ),
        "identity-incomplete": Reason(
            Text("Số hiệu chưa đủ", "Incomplete identity"),
            Text(
                "Thiếu '{field}', là một phần của số hiệu: {detail}.",
                "'{field}', a part of its identity, is missing: {detail}.",
            ),
            remedy=Text(
                "Bổ sung phần còn thiếu, trong tệp hoặc bằng --set.",
                "Give the missing part, in the file or with --set.",
            ),
        ),
        "repeated-id": Reason(
            Text("Mã id lặp lại", "Repeated id"),
            Text(
                "Mã id lặp lại với khoảng hiệu lực chồng nhau: {detail}.",
                "The same id comes twice for overlapping times: {detail}.",
            ),
        ),
        "other-id": Reason(
            Text("Mã id của đối tượng khác", "Id of another feature"),
            Text(
                "Mã id và số hiệu chỉ hai đối tượng khác nhau: {detail}.",
                "Its id and its identity name different features: {detail}.",
            ),
            remedy=Text(
                "Sửa mã id trong tệp; nếu số hiệu mới đúng, bỏ cột id: --map id=.",
                "Mend the ids in the file or, where the numbers are right, leave the column out: --map id=.",
            ),
        ),
        "overlap": Reason(
            Text("Chồng lấn", "Overlap"),
            Text("Chồng lấn với {detail}.", "It overlaps {detail}."),
            remedy=Text("Chỉnh ranh giới chung của hai bản ghi.", "Mend the boundary that the two share."),
        ),
        "contained": Reason(
            Text("Nằm trọn trong nhau", "One within the other"),
            Text("Nằm trọn trong hoặc trùng {detail}.", "It lies within, or covers, {detail}."),
            remedy=Text("Bỏ một trong hai, hoặc cắt khoét cái lớn.", "Remove one of the two, or cut the larger."),
        ),
        "gap": Reason(
            Text("Khe hở hẹp", "Narrow gap"),
            Text("Có khe hở hẹp với {detail}.", "There is a narrow gap to {detail}."),
        ),
        "area-difference": Reason(
            Text("Diện tích khác bản đồ", "Area unlike the shape"),
            Text(
                "Diện tích trong hồ sơ khác diện tích đo trên bản đồ: {detail}.",
                "The recorded area differs from the area of the shape: {detail}.",
            ),
            remedy=Text("Đối chiếu hồ sơ với ranh giới.", "Compare the record with the boundary."),
        ),
        "required-missing": Reason(
            Text("Thiếu giá trị bắt buộc", "Required value missing"),
            Text("Thiếu giá trị bắt buộc '{field}'.", "The required value '{field}' is missing."),
            remedy=Text("Bổ sung trong tệp, hoặc dùng --set.", "Fill it in the file, or with --set."),
        ),
        "number-unreadable": Reason(
            Text("Không đọc được số", "Unreadable number"),
            Text("'{field}': không đọc được số {detail}.", "'{field}': {detail} cannot be read as a number."),
            remedy=Text("Sửa giá trị trong tệp.", "Mend the value in the file."),
        ),
        "date-unreadable": Reason(
            Text("Không đọc được ngày", "Unreadable date"),
            Text(
                "'{field}': không đọc được ngày {detail} (cần dd/mm/yyyy hoặc ISO).",
                "'{field}': {detail} cannot be read as a date (dd/mm/yyyy or ISO is wanted).",
            ),
            remedy=Text("Sửa giá trị trong tệp.", "Mend the value in the file."),
        ),
        "boolean-unreadable": Reason(
            Text("Không rõ đúng hay sai", "Neither true nor false"),
            Text("'{field}': không hiểu giá trị đúng/sai {detail}.", "'{field}': {detail} is neither true nor false."),
        ),
        "out-of-range": Reason(
            Text("Ngoài khoảng cho phép", "Out of range"),
            Text("'{field}': giá trị {detail} nằm ngoài khoảng cho phép.", "'{field}': {detail} is out of range."),
        ),
        "pattern": Reason(
            Text("Sai mẫu", "Wrong form"),
            Text("'{field}': {detail} không đúng mẫu.", "'{field}': {detail} does not have the right form."),
        ),
        "unknown-code": Reason(
            Text("Mã không có trong danh mục", "Code not in the codelist"),
            Text("'{field}': mã {detail} không có trong danh mục.", "'{field}': code {detail} is not in the codelist."),
            Responsible.STEWARD,
            Text(
                "Sửa trong tệp, hoặc bổ sung vào codes.csv của lớp.",
                "Mend the file, or add it to codes.csv of the layer.",
            ),
        ),
        "group-code": Reason(
            Text("Mã nhóm", "Code of a group"),
            Text(
                "'{field}': mã nhóm {detail} không dùng cho một đối tượng.",
                "'{field}': {detail} is the code of a group and cannot stand on a feature.",
            ),
            remedy=Text("Ghi mã cụ thể của nhóm đó.", "Write the code within that group."),
        ),
        "code-undecided": Reason(
            Text("Mã cũ cần người quyết định", "Former code to be decided"),
            Text(
                "'{field}': mã cũ {detail} không có một mã mới duy nhất, cần người quyết định.",
                "'{field}': the former code {detail} has no single successor; a person must decide.",
            ),
            Responsible.STEWARD,
            Text("Chọn mã mới và ghi vào tệp.", "Choose the new code and write it into the file."),
        ),
        "code-contradicted": Reason(
            Text("Mã khác với nguyên văn", "Code unlike the text"),
            Text(
                "'{field}' không khớp với nguyên văn: {detail}; cả hai được giữ như đã ghi.",
                "'{field}' is not what the text as recorded says: {detail}; both are kept as they are.",
            ),
            remedy=Text(
                "Sửa một trong hai; bỏ trống mã thì mã lấy theo nguyên văn.",
                "Mend one of the two; a code that is left out follows from the text.",
            ),
        ),
        "text-lost": Reason(
            Text("Chữ đã hỏng", "Damaged text"),
            Text(
                "'{field}': chữ đã hỏng, không khôi phục được: {detail}.",
                "'{field}': the text is damaged beyond repair: {detail}.",
            ),
            remedy=Text(
                "Xin tệp gốc; chữ này không thể khôi phục.", "Ask for the original file; this text cannot be restored."
            ),
        ),
        "formula": Reason(
            Text("Ô chứa công thức", "Formula in a cell"),
            Text("'{field}': ô chứa công thức: {detail}.", "'{field}': the cell holds a formula: {detail}."),
            remedy=Text("Dán giá trị thay cho công thức.", "Paste the value in place of the formula."),
        ),
        "turned-into-date": Reason(
            Text("Số hiệu bị đổi thành ngày", "Number turned into a date"),
            Text(
                "'{field}': bảng tính đã biến số hiệu thành ngày: {detail}.",
                "'{field}': a spreadsheet has turned the number into a date: {detail}.",
            ),
            remedy=Text(
                "Đặt kiểu cột là văn bản rồi nhập lại số.", "Make the column text, and enter the number again."
            ),
        ),
        "leading-zeros": Reason(
            Text("Đã thêm lại số 0 ở đầu", "Leading zeros put back"),
            Text(
                "'{field}': đã thêm lại số 0 ở đầu: {detail}.", "'{field}': lost leading zeros were put back: {detail}."
            ),
        ),
        "time-reversed": Reason(
            Text("Hết hiệu lực trước khi có hiệu lực", "Ends before it begins"),
            Text("Ngày hết hiệu lực không sau ngày có hiệu lực: {detail}.", "It ends before it begins: {detail}."),
        ),
        "ends-before-it-begins": Reason(
            Text("Đã hết hiệu lực, không rõ ngày đầu", "Ended, beginning unknown"),
            Text(
                "Đã hết hiệu lực {detail} mà không có ngày bắt đầu.",
                "It ended on {detail} and nothing says when it began.",
            ),
        ),
        "protected": Reason(
            Text("Đất có thể không công bố", "Land perhaps not public"),
            Text(
                "'{field}': {detail} có thể là loại đất không công bố đầy đủ; bản ghi được bảo vệ.",
                "'{field}': {detail} may mean land that is not shown in full; the record is protected.",
            ),
            Responsible.STEWARD,
            Text("Xem lại từng bản ghi trước khi công bố rộng hơn.", "Look at each before more of it is shown."),
        ),
        "not-public": Reason(
            Text("Không công khai vì thiếu giá trị", "Not public for lack of a value"),
            Text(
                "Thiếu '{field}': bản ghi không được công khai.",
                "'{field}' is missing: the public will not see this record.",
            ),
            Responsible.STEWARD,
            Text("Bổ sung trong tệp, hoặc dùng --set.", "Fill it in the file, or with --set."),
        ),
        "state-unknown": Reason(
            Text("Công khai khi chưa rõ trạng thái", "Public in an unknown state"),
            Text(
                "'{field}' chưa rõ ({detail}): bản ghi được công khai.",
                "'{field}' is not known ({detail}): the record is public.",
            ),
            Responsible.STEWARD,
            Text(
                "Nạp lớp kia trước, hoặc ghi trạng thái trong tệp hay bằng --set.",
                "Load that layer first, or give the state in the file or with --set.",
            ),
        ),
        "unknown-reference": Reason(
            Text("Tham chiếu không có trong CSDL", "Refers to what is not there"),
            Text(
                "'{field}': cơ sở dữ liệu không có {detail} đang hoặc sẽ có hiệu lực.",
                "'{field}': the database has no {detail} that holds now or later.",
            ),
            remedy=Text("Sửa giá trị trong tệp; lớp kia đã đủ ở đây.", "Mend the value: that layer is complete here."),
        ),
        "reference-not-found": Reason(
            Text("Chưa thấy nơi tham chiếu đến", "What is referred to is not known"),
            Text(
                "'{field}': chưa biết {detail} nào đang hoặc sẽ có hiệu lực; lớp đó chưa được khai báo là đầy đủ ở đây, nên có thể "
                "còn thiếu.",
                "'{field}': no {detail} that holds now or later is known; that layer is not declared complete here, so it may "
                "be missing there.",
            ),
            Responsible.OWNER,
            Text(
                "Kiểm tra giá trị; nếu đúng, bổ sung vào lớp đó, hoặc khai báo nơi lớp đó đã đủ (landmap coverage declare).",
                "Look at the value; if it is right, add it to that layer, or declare where that one is complete (landmap "
                "coverage declare).",
            ),
        ),
        "reference-unchecked": Reason(
            Text("Chưa kiểm tra được tham chiếu", "Reference not checked"),
            Text(
                "'{field}': không kiểm tra được {detail}: lớp đó chưa có dữ liệu.",
                "'{field}': {detail} cannot be checked: that layer has no data yet.",
            ),
            Responsible.OWNER,
            Text("Nạp lớp đó trước.", "Load that layer first."),
        ),
        "other-commune": Reason(
            Text("Thuộc xã khác", "Another commune"),
            Text(
                "'{field}': mã xã {detail} khác với --commune.",
                "'{field}': commune {detail} is not the one of --commune.",
            ),
            remedy=Text("Nạp từng xã riêng, hoặc bỏ --commune.", "Load communes one by one, or leave --commune out."),
        ),
    }
)
